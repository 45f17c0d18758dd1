# When each alarm goes off. docs/operations.md has a section on each: what it means and what to do.
locals {
  # Used for each threshold that monitoring.alarms.thresholds leaves out.
  default_thresholds = {
    duration_percent      = 80
    errors                = 1
    failed_uploads        = 1
    no_face_comparisons   = 20
    no_face_percent       = 30
    no_reference          = 1
    oldest_upload_seconds = 3600
    rate_percent          = 90
    refused_access        = 1
    throttled_comparisons = 5
    throttled_invocations = 1
    unavailable           = 5
  }

  given_thresholds = {
    for name, threshold in local.has_alarms ? tomap(var.monitoring.alarms.thresholds) : {} :
    name => threshold if threshold != null
  }

  thresholds = merge(local.default_thresholds, local.given_thresholds)

  disabled_alarms = local.has_alarms ? var.monitoring.alarms.disabled : []

  # First: what each alarm watches. It goes off when `expression` is at `threshold` or above in `datapoints` of the last
  # `periods`, each of `period` seconds.
  alarm_definitions = {
    duration = {
      description = join(" ", [
        "An invocation took ${local.thresholds.duration_percent} %",
        "of the function's timeout of ${var.function.timeout} s or more.",
      ])
      datapoints = 2
      expression = "100 * duration / ${var.function.timeout * 1000}"
      metrics    = { duration = local.function_metrics.Duration }
      periods    = 2
      threshold  = local.thresholds.duration_percent
    }
    errors = {
      description = join(" ", [
        "Comparisons failed for a reason that somebody has to fix (configuration, service or code), or",
        "invocations crashed or timed out. Bad images, refused access and transient errors do not count.",
      ])
      expression = "errors"
      metrics    = { errors = local.log_metrics.Errors }
      threshold  = local.thresholds.errors
    }
    failed_uploads = {
      description = "Uploads are in the dead-letter queue: they have no result and are not retried."
      expression  = "depth"
      metrics     = { depth = local.queue_metrics.depth }
      # SQS stops reporting on a queue that nobody uses, even if messages are in it.
      missing_data = "ignore"
      threshold    = local.thresholds.failed_uploads
      when         = local.has_uploads
    }
    no_face = {
      description = join(" ", [
        "Rekognition saw no face in ${local.thresholds.no_face_percent} % of the comparisons or more",
        "(of at least ${local.thresholds.no_face_comparisons} in 15 minutes).",
      ])
      expression = join("", [
        "IF(comparisons >= ${local.thresholds.no_face_comparisons}, ",
        "100 * FILL(no_face, 0) / comparisons, 0)",
      ])
      metrics   = { comparisons = local.log_metrics.Comparisons, no_face = local.log_metrics.NoFace }
      period    = 900
      threshold = local.thresholds.no_face_percent
    }
    no_reference = {
      description = "Uploads ended without a reference: their subjects have no image to compare them with."
      expression  = "without"
      metrics     = { without = local.log_metrics.NoReference }
      threshold   = local.thresholds.no_reference
      when        = local.has_uploads
    }
    oldest_upload = {
      description = "The oldest upload has waited ${local.thresholds.oldest_upload_seconds} s or more."
      expression  = "age"
      metrics     = { age = local.queue_metrics.age }
      threshold   = local.thresholds.oldest_upload_seconds
      when        = local.has_uploads
    }
    rate = {
      # Three of four: CloudWatch receives some data of the newest period late, and with three in a row the alarm might
      # never go off.
      datapoints = 3
      description = join(" ", [
        "The account called CompareFaces at ${local.thresholds.rate_percent} % of its quota of",
        "${local.rekognition_tps} per second or more, for 15 of the last 20 minutes.",
      ])
      expression = join(" ", [
        "100 * (${join(" + ", [for id in keys(local.rekognition_metrics) : "FILL(${id}, 0)"])})",
        "/ ${300 * local.rekognition_tps}",
      ])
      metrics   = local.rekognition_metrics
      periods   = 4
      threshold = local.thresholds.rate_percent
    }
    refused_access = {
      description = "The function's role was denied access to an image, its key or a call."
      expression  = "refused"
      metrics     = { refused = local.log_metrics.RefusedAccess }
      threshold   = local.thresholds.refused_access
    }
    throttled_comparisons = {
      description = "Comparisons ended as ThrottledError: Rekognition's quota left no room, after every attempt."
      expression  = "throttled"
      metrics     = { throttled = local.log_metrics.Throttled }
      threshold   = local.thresholds.throttled_comparisons
    }
    throttled_invocations = {
      description = "Lambda throttled invocations: there was no concurrency left."
      expression  = "throttles"
      metrics     = { throttles = local.function_metrics.Throttles }
      threshold   = local.thresholds.throttled_invocations
    }
    unavailable = {
      description = join(" ", [
        "Comparisons ended as ServiceUnavailableError or OutOfTimeError, after every attempt.",
        "This usually clears without action.",
      ])
      expression = "unavailable"
      metrics    = { unavailable = local.log_metrics.Unavailable }
      threshold  = local.thresholds.unavailable
    }
  }

  # Second: what a definition leaves out. No data means no requests, which is fine.
  complete_alarms = {
    for name, alarm in local.alarm_definitions : name => merge(
      { datapoints = 1, missing_data = "notBreaching", period = 300, periods = 1, when = true },
      alarm,
    )
  }

  # Third: the alarms that exist.
  alarms = {
    for name, alarm in local.complete_alarms : name => alarm
    if local.has_alarms && alarm.when && !contains(local.disabled_alarms, name)
  }

  # Settings of alarms on uploads. They have no effect without uploads, and the output alarm_names refuses them then.
  upload_alarm_settings = concat(
    [
      for name in ["failed_uploads", "no_reference", "oldest_upload"] : "disabled = [\"${name}\"]"
      if contains(local.disabled_alarms, name)
    ],
    [
      for name in ["failed_uploads", "no_reference", "oldest_upload_seconds"] : "thresholds.${name}"
      if contains(keys(local.given_thresholds), name)
    ],
  )
}

resource "aws_cloudwatch_metric_alarm" "on_call" {
  for_each = local.alarms

  region        = var.region
  alarm_actions = var.monitoring.alarms.sns_topic_arns
  alarm_description = join(" ", [
    each.value.description,
    "What to do: docs/operations.md#${replace(each.key, "_", "-")} of the module.",
  ])
  alarm_name          = "${local.name}-${replace(each.key, "_", "-")}"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  datapoints_to_alarm = each.value.datapoints
  evaluation_periods  = each.value.periods
  # Those who were notified have to learn that it is over.
  ok_actions         = var.monitoring.alarms.sns_topic_arns
  tags               = var.tags
  threshold          = each.value.threshold
  treat_missing_data = each.value.missing_data

  metric_query {
    id          = "result"
    expression  = each.value.expression
    label       = replace(each.key, "_", " ")
    return_data = true
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id = metric_query.key

      metric {
        dimensions  = metric_query.value.dimensions
        metric_name = metric_query.value.name
        namespace   = metric_query.value.namespace
        period      = each.value.period
        stat        = metric_query.value.statistic
      }
    }
  }

  lifecycle {
    precondition {
      # All alarms have the same topics, so it is enough if one of them is refused.
      condition = each.key != keys(local.alarms)[0] || alltrue([
        for arn in var.monitoring.alarms.sns_topic_arns : split(":", arn)[3] == local.region
      ])
      error_message = <<-EOT
        monitoring.alarms.sns_topic_arns is ${jsonencode(var.monitoring.alarms.sns_topic_arns)}, but CloudWatch
        publishes only to topics of its own region, which is ${local.region}. Give topics
        there; they can have subscribers anywhere.
      EOT
    }
  }
}
