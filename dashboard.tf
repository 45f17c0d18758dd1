locals {
  # [title, metrics, statistic, lines]; a metric is [namespace, name, dimension, value, …].
  dashboard_graphs = concat(
    [
      {
        title   = "Decisions"
        metrics = [for metric in ["Matches", "NoMatches", "Reviews"] : [local.metric_namespace, metric]]
        stat    = "Sum"
        lines   = []
      },
      {
        title = "Similarity"
        metrics = [
          for stat in ["p10", "p50", "p90"] : [local.metric_namespace, "Similarity", { label = stat, stat = stat }]
        ]
        stat = "p50"
        lines = concat(
          [{ label = "similarity_threshold", value = var.comparison.similarity_threshold }],
          [for threshold in [var.comparison.review_threshold] : { label = "review_threshold", value = threshold } if threshold != null],
        )
      },
      {
        title   = "Failures"
        metrics = [for metric in ["Faults", "Unavailable", "RefusedAccess", "NoFace", "Throttled"] : [local.metric_namespace, metric]]
        stat    = "Sum"
        lines   = []
      },
      {
        title = "Invocations"
        metrics = [
          for metric in ["Invocations", "Errors", "Throttles"] : ["AWS/Lambda", metric, "FunctionName", var.name]
        ]
        stat  = "Sum"
        lines = []
      },
      {
        title = "Duration (ms)"
        metrics = [
          for stat in ["p50", "p99", "Maximum"] : ["AWS/Lambda", "Duration", "FunctionName", var.name, { label = stat, stat = stat }]
        ]
        stat  = "Maximum"
        lines = [{ label = "timeout", value = var.function.timeout * 1000 }]
      },
      {
        title = "Calls of CompareFaces in five minutes, whole account"
        metrics = [
          for id, metric in local.rekognition_metrics : [metric.namespace, metric.name, "Operation", "CompareFaces", { label = id }]
        ]
        stat  = "Sum"
        lines = [{ label = "quota", value = 300 * var.rekognition_tps }]
      },
    ],
    var.on_upload == null ? [] : [
      {
        title = "Uploads waiting, and in the dead-letter queue"
        metrics = [
          for queue in [local.uploads_name, local.failed_uploads_name] :
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]
        ]
        stat  = "Maximum"
        lines = []
      },
      {
        title   = "Age of the oldest upload (s)"
        metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", local.uploads_name]]
        stat    = "Maximum"
        lines   = []
      },
    ],
  )
}

resource "aws_cloudwatch_dashboard" "overview" {
  count = var.dashboard ? 1 : 0

  # One dashboard name is one in the whole account, in every region.
  dashboard_name = "${var.name}-${local.region}"

  dashboard_body = jsonencode({
    widgets = concat(
      [
        for index, graph in local.dashboard_graphs : {
          type   = "metric"
          x      = 8 * (index % 3)
          y      = 6 * floor(index / 3)
          width  = 8
          height = 6
          properties = merge(
            {
              metrics = graph.metrics
              period  = 300
              region  = local.region
              stat    = graph.stat
              title   = graph.title
              view    = "timeSeries"
            },
            # CloudWatch describes no annotations without one.
            length(graph.lines) == 0 ? {} : { annotations = { horizontal = graph.lines } },
          )
        }
      ],
      [
        {
          type   = "log"
          x      = 0
          y      = 6 * ceil(length(local.dashboard_graphs) / 3)
          width  = 24
          height = 6
          properties = {
            query  = "SOURCE '${local.log_group_name}' | ${replace(trimspace(local.saved_queries["failures"]), "\n", " ")}"
            region = local.region
            title  = "Failures, newest first"
            view   = "table"
          }
        },
      ],
    )
  })
}
