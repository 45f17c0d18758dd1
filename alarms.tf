# Metrics out of the log records, and alarms on them. The function itself publishes nothing: its
# records say all there is to count, and a filter costs neither code nor time in it.
locals {
  # The name in the namespace, not in a dimension: a filter with dimensions may have no default
  # value, and a metric without zeros gives no share.
  metric_namespace = "FaceCompare/${var.name}"

  decided_pattern = "$.message = \"face comparison decided\""
  failed_pattern  = "$.message = \"face comparison failed\""

  # Every error_type of the payload belongs to one of these (a test compares the list with its
  # faults); whatever is in none of them is a fault of set-up, service or code, and counts as such.
  error_types = {
    access    = ["ImageForbiddenError", "ImageKeyUnusableError", "RekognitionForbiddenError"]
    no_face   = ["NoFaceInSourceError", "NoFaceInTargetError"]
    throttled = ["ThrottledError"]
    # What passes by itself: callers, queue and state machine try again.
    passing = ["OutOfTimeError", "ServiceUnavailableError"]
    # What the caller sent, and only the caller can mend.
    request = [
      "ImageFormatError",
      "ImageNotFoundError",
      "ImageTooLargeError",
      "InvalidRequestError",
      "ReferenceNotFoundError",
      "SeveralFacesInSourceError",
      "SeveralFacesInTargetError",
    ]
  }

  error_type_patterns = {
    for group, types in local.error_types :
    group => "{ ${join(" || ", [for type in types : "($.error_type = \"${type}\")"])} }"
  }

  metric_filters = {
    comparisons = {
      metric  = "Comparisons"
      pattern = "{ (${local.decided_pattern}) || (${local.failed_pattern}) }"
      value   = "1"
    }
    # Lambda's own record of an invocation that ran out of time or memory, or whose process ended: the
    # payload cannot write one then. Told by the type, since a process that ended has the status
    # "error" and not "failure". The type of an exception that the payload raised, if Lambda names it
    # at all, has no such beginning: that has its record, and must not count twice.
    crashes = {
      metric  = "Faults"
      pattern = "{ ($.type = \"platform.report\") && (($.record.status = \"timeout\") || ($.record.errorType = \"Runtime.*\") || ($.record.errorType = \"Sandbox.*\")) }"
      value   = "1"
    }
    faults = {
      metric  = "Faults"
      pattern = "{ (${local.failed_pattern}) && ${join(" && ", [for type in sort(flatten(values(local.error_types))) : "($.error_type != \"${type}\")"])} }"
      value   = "1"
    }
    matches = {
      metric  = "Matches"
      pattern = "{ (${local.decided_pattern}) && ($.decision = \"match\") }"
      value   = "1"
    }
    no_face = {
      metric  = "NoFace"
      pattern = local.error_type_patterns.no_face
      value   = "1"
    }
    no_matches = {
      metric  = "NoMatches"
      pattern = "{ (${local.decided_pattern}) && ($.decision = \"no_match\") }"
      value   = "1"
    }
    refused_access = {
      metric  = "RefusedAccess"
      pattern = local.error_type_patterns.access
      value   = "1"
    }
    reviews = {
      metric  = "Reviews"
      pattern = "{ (${local.decided_pattern}) && ($.decision = \"review\") }"
      value   = "1"
    }
    # No zeros here: they would count as scores.
    similarity = {
      metric  = "Similarity"
      pattern = "{ ${local.decided_pattern} }"
      value   = "$.similarity"
    }
    throttled = {
      metric  = "Throttled"
      pattern = local.error_type_patterns.throttled
      value   = "1"
    }
    unavailable = {
      metric  = "Unavailable"
      pattern = local.error_type_patterns.passing
      value   = "1"
    }
  }

  # Rekognition's own count of calls, since the quota is the account's: what others call counts too.
  # A call that was refused or throttled has used the quota as well.
  rekognition_metrics = {
    for id, metric in {
      answered  = "SuccessfulRequestCount"
      faulty    = "ServerErrorCount"
      refused   = "UserErrorCount"
      throttled = "ThrottledCount"
    } : id => { dimensions = { Operation = "CompareFaces" }, name = metric, namespace = "AWS/Rekognition", statistic = "Sum" }
  }

  function_metrics = {
    for metric, statistic in { Duration = "Maximum", Throttles = "Sum" } :
    metric => { dimensions = { FunctionName = var.name }, name = metric, namespace = "AWS/Lambda", statistic = statistic }
  }

  log_metrics = {
    for metric in distinct([for filter in local.metric_filters : filter.metric]) :
    metric => { dimensions = {}, name = metric, namespace = local.metric_namespace, statistic = "Sum" }
  }

  thresholds = try(var.alarms.thresholds, {})

  # An alarm goes off when `datapoints` of the last `periods`, each of `period` seconds, are at or over
  # the threshold. What an alarm below does not say is in the last lines.
  alarms = var.alarms == null ? {} : {
    for name, alarm in {
      duration = {
        description = "An invocation took ${local.thresholds.duration_percent} % of the function's timeout of ${var.function.timeout} s or more."
        expression  = "100 * duration / ${var.function.timeout * 1000}"
        metrics     = { duration = local.function_metrics.Duration }
        periods     = 2
        threshold   = local.thresholds.duration_percent
      }
      errors = {
        description = "Comparisons failed for a reason in set-up, service or code that stays until somebody mends it, or invocations crashed or timed out. Bad photos, refused access and what passes by itself do not count."
        metrics     = { faults = local.log_metrics.Faults }
      }
      failed_uploads = {
        description = "Uploads are in the dead-letter queue: they have no result, and nobody tries them again."
        metrics = {
          depth = {
            dimensions = { QueueName = local.failed_uploads_name }
            name       = "ApproximateNumberOfMessagesVisible"
            namespace  = "AWS/SQS"
            statistic  = "Maximum"
          }
        }
      }
      no_face = {
        description = "In ${local.thresholds.no_face_percent} % of the comparisons or more Rekognition saw no face (of at least ${local.thresholds.no_face_comparisons} in 15 minutes)."
        expression  = "IF(comparisons >= ${local.thresholds.no_face_comparisons}, 100 * FILL(no_face, 0) / comparisons, 0)"
        metrics     = { comparisons = local.log_metrics.Comparisons, no_face = local.log_metrics.NoFace }
        period      = 900
        threshold   = local.thresholds.no_face_percent
      }
      oldest_upload = {
        description = "The oldest upload has waited ${local.thresholds.oldest_upload_seconds} s or more to be compared."
        metrics = {
          age = {
            dimensions = { QueueName = local.uploads_name }
            name       = "ApproximateAgeOfOldestMessage"
            namespace  = "AWS/SQS"
            statistic  = "Maximum"
          }
        }
        threshold = local.thresholds.oldest_upload_seconds
      }
      rate = {
        # Three of four: the newest period lacks what CloudWatch receives late, and with three in a row
        # the alarm might never go off.
        datapoints  = 3
        description = "The account called CompareFaces at ${local.thresholds.rate_percent} % of its quota of ${var.rekognition_tps} a second or more, for 15 of the last 20 minutes."
        expression  = "100 * (${join(" + ", [for id in sort(keys(local.rekognition_metrics)) : "FILL(${id}, 0)"])}) / ${300 * var.rekognition_tps}"
        metrics     = local.rekognition_metrics
        periods     = 4
        threshold   = local.thresholds.rate_percent
      }
      refused_access = {
        description = "A photo, its key or Rekognition was denied to the function's role."
        metrics     = { refused = local.log_metrics.RefusedAccess }
      }
      throttled = {
        description = "Comparisons ended as ThrottledError: Rekognition's quota left no room, after every attempt."
        metrics     = { throttled = local.log_metrics.Throttled }
      }
      throttles = {
        description = "Lambda turned invocations away, for want of concurrency."
        metrics     = { throttles = local.function_metrics.Throttles }
      }
      unavailable = {
        description = "Comparisons ended as ServiceUnavailableError or OutOfTimeError, after every attempt. It should pass by itself."
        metrics     = { unavailable = local.log_metrics.Unavailable }
      }
    } :
    name => {
      datapoints  = try(alarm.datapoints, alarm.periods, 1)
      description = alarm.description
      # The id of its only metric.
      expression = try(alarm.expression, one(keys(alarm.metrics)))
      metrics    = alarm.metrics
      period     = try(alarm.period, 300)
      periods    = try(alarm.periods, 1)
      threshold  = try(alarm.threshold, local.thresholds[name])
    }
    # Without on_upload there is no queue to watch.
    if !contains(var.alarms.disabled, name) && (var.on_upload != null || !contains(["failed_uploads", "oldest_upload"], name))
  }
}

resource "aws_cloudwatch_log_metric_filter" "metrics" {
  for_each = var.alarms != null || var.dashboard ? local.metric_filters : {}

  name           = "${var.name}-${replace(each.key, "_", "-")}"
  log_group_name = aws_cloudwatch_log_group.function.name
  pattern        = each.value.pattern

  metric_transformation {
    default_value = each.value.value == "1" ? "0" : null
    name          = each.value.metric
    namespace     = local.metric_namespace
    value         = each.value.value
  }
}

resource "aws_cloudwatch_metric_alarm" "alarms" {
  for_each = local.alarms

  alarm_actions       = var.alarms.actions
  alarm_description   = "${each.value.description} What to do: docs/operations.md#${replace(each.key, "_", "-")} of the module."
  alarm_name          = "${var.name}-${replace(each.key, "_", "-")}"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  datapoints_to_alarm = each.value.datapoints
  evaluation_periods  = each.value.periods
  # Whoever was called has to learn that it is over.
  ok_actions = var.alarms.actions
  tags       = var.tags
  threshold  = each.value.threshold
  # No data means no requests here, and nothing is wrong with that. Only a dead-letter queue keeps
  # its state: SQS stops reporting on a queue that nobody touches, however much is in it.
  treat_missing_data = each.key == "failed_uploads" ? "ignore" : "notBreaching"

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
      condition     = alltrue([for arn in var.alarms.actions : split(":", arn)[3] == local.region])
      error_message = "alarms.actions names a topic of another region, but CloudWatch tells topics of its own region only, which is ${local.region}. Give topics there; they can have subscribers anywhere."
    }
  }
}
