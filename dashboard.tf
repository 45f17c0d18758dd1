locals {
  # A metric is [namespace, name, dimension, value, …], and a line is drawn across its graph.
  graph_definitions = [
    {
      title   = "Decisions"
      metrics = [for metric in ["Matches", "NoMatches", "Reviews"] : [local.metric_namespace, metric]]
      stat    = "Sum"
    },
    {
      title = "Similarity"
      metrics = [
        for stat in ["p10", "p50", "p90"] : [local.metric_namespace, "Similarity", { label = stat, stat = stat }]
      ]
      stat = "p50"
      lines = [
        for name in ["similarity_threshold", "review_threshold"] : { label = name, value = var.comparison[name] }
        if var.comparison[name] != null
      ]
    },
    {
      title = "Failures"
      metrics = [
        for metric in ["Errors", "Unavailable", "RefusedAccess", "NoFace", "NoReference", "Throttled"] :
        [local.metric_namespace, metric]
      ]
      stat = "Sum"
    },
    {
      title = "Invocations"
      metrics = [
        for metric in ["Invocations", "Errors", "Throttles"] : ["AWS/Lambda", metric, "FunctionName", local.name]
      ]
      stat = "Sum"
    },
    {
      title = "Duration (ms)"
      metrics = [
        for stat in ["p50", "p99", "Maximum"] :
        ["AWS/Lambda", "Duration", "FunctionName", local.name, { label = stat, stat = stat }]
      ]
      stat  = "Maximum"
      lines = [{ label = "timeout", value = var.function.timeout * 1000 }]
    },
    {
      title = "Calls of CompareFaces in five minutes, whole account"
      metrics = [
        for id, metric in local.rekognition_metrics :
        [metric.namespace, metric.name, "Operation", "CompareFaces", { label = id }]
      ]
      stat  = "Sum"
      lines = [{ label = "quota", value = 300 * local.rekognition_tps }]
    },
    {
      when  = local.has_uploads
      title = "Uploads waiting, and in the dead-letter queue"
      metrics = [
        for queue in [local.uploads_name, local.failed_uploads_name] :
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]
      ]
      stat = "Maximum"
    },
    {
      when    = local.has_uploads
      title   = "Age of the oldest upload (s)"
      metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", local.uploads_name]]
      stat    = "Maximum"
    },
  ]

  graphs = [
    for graph in local.graph_definitions : {
      metrics = graph.metrics
      period  = 300
      region  = local.region
      stat    = graph.stat
      title   = graph.title
      view    = "timeSeries"
      # Left out where there are no lines: CloudWatch does not describe empty annotations.
      annotations = can(graph.lines) ? { horizontal = graph.lines } : null
    } if try(graph.when, true)
  ]

  # Three in a row, each 8 of 24 columns wide and 6 units high.
  graph_widgets = [
    for index, graph in local.graphs : {
      type       = "metric"
      x          = 8 * (index % 3)
      y          = 6 * floor(index / 3)
      width      = 8
      height     = 6
      properties = { for name, value in graph : name => value if value != null }
    }
  ]

  failures_widget = {
    type   = "log"
    x      = 0
    y      = 6 * ceil(length(local.graphs) / 3)
    width  = 24
    height = 6
    properties = {
      query = join(" | ", [
        "SOURCE '${local.log_group_name}'",
        replace(trimspace(local.saved_queries["failures"]), "\n", " "),
      ])
      region = local.region
      title  = "Failures, newest first"
      view   = "table"
    }
  }
}

resource "aws_cloudwatch_dashboard" "overview" {
  count = var.monitoring.dashboard ? 1 : 0

  region = var.region
  # With the region: dashboards of all regions share one list of names.
  dashboard_name = "${local.name}-${local.region}"
  dashboard_body = jsonencode({ widgets = concat(local.graph_widgets, [local.failures_widget]) })
}
