# Metrics that CloudWatch counts in the log records. The function publishes none itself: its records have everything
# that is counted, and a filter needs no code and no time in the function.
locals {
  # The name is part of the namespace, not a dimension: a filter with dimensions cannot have a default value, and
  # without zeros a metric gives no share.
  metric_namespace = "FaceCompare/${local.name}"

  decided_pattern = "$.message = \"face comparison decided\""
  failed_pattern  = "$.message = \"face comparison failed\""

  # The errors of the payload, by what they count as. Those without a group (a test lists them) and those that the
  # payload does not know count as "Errors": somebody has to fix the configuration, the service or the code.
  error_types = {
    access = ["CallForbiddenError", "ImageForbiddenError", "ImageKeyUnusableError"]
    # A face that the quality filter left out is a sign of a bad camera too.
    no_face = [
      "LowQualityFaceInSourceError",
      "LowQualityFaceInTargetError",
      "NoFaceInSourceError",
      "NoFaceInTargetError",
    ]
    # The image is compared as soon as somebody uploads a reference, but somebody has to.
    no_reference = ["ReferenceNotFoundError"]
    throttled    = ["ThrottledError"]
    # These clear without action: callers, queue and state machine retry.
    transient = ["OutOfTimeError", "ServiceUnavailableError"]
    # What the caller sent, and only the caller can fix.
    request = [
      "ImageFormatError",
      "ImageNotFoundError",
      "ImageTooLargeError",
      "InvalidManifestError",
      "InvalidRequestError",
      "SeveralFacesInSourceError",
      "SeveralFacesInTargetError",
    ]
  }

  error_type_patterns = {
    for group, types in local.error_types :
    group => "{ ${join(" || ", [for type in types : "($.error_type = \"${type}\")"])} }"
  }

  # Lambda's own record of an invocation that ran out of time or memory, or whose process ended: the payload cannot
  # write one then. A timeout has its own status. A crash and an exception of the payload both have the status "error",
  # so the type decides. An exception has a record already, and must not count twice. Its type, if Lambda gives one,
  # does not begin like this.
  crash_pattern = join(" && ", [
    "($.type = \"platform.report\")",
    "((${join(") || (", [
      "$.record.status = \"timeout\"",
      "$.record.errorType = \"Runtime.*\"",
      "$.record.errorType = \"Sandbox.*\"",
    ])}))",
  ])

  other_error_pattern = join(" && ", concat(
    ["(${local.failed_pattern})"],
    [for type in sort(flatten(values(local.error_types))) : "($.error_type != \"${type}\")"],
  ))

  # One for each record that matches.
  record_counts = {
    comparisons    = { metric = "Comparisons", pattern = "{ (${local.decided_pattern}) || (${local.failed_pattern}) }" }
    crashes        = { metric = "Errors", pattern = "{ ${local.crash_pattern} }" }
    errors         = { metric = "Errors", pattern = "{ ${local.other_error_pattern} }" }
    matches        = { metric = "Matches", pattern = "{ (${local.decided_pattern}) && ($.decision = \"match\") }" }
    no_face        = { metric = "NoFace", pattern = local.error_type_patterns.no_face }
    no_matches     = { metric = "NoMatches", pattern = "{ (${local.decided_pattern}) && ($.decision = \"no_match\") }" }
    no_reference   = { metric = "NoReference", pattern = local.error_type_patterns.no_reference }
    refused_access = { metric = "RefusedAccess", pattern = local.error_type_patterns.access }
    reviews        = { metric = "Reviews", pattern = "{ (${local.decided_pattern}) && ($.decision = \"review\") }" }
    throttled      = { metric = "Throttled", pattern = local.error_type_patterns.throttled }
    unavailable    = { metric = "Unavailable", pattern = local.error_type_patterns.transient }
  }

  metric_filters = merge(
    { for name, filter in local.record_counts : name => merge(filter, { default = "0", value = "1" }) },
    {
      # Without a default: zeros would count as scores.
      similarity = {
        default = null
        metric  = "Similarity"
        pattern = "{ ${local.decided_pattern} }"
        value   = "$.similarity"
      }
    },
  )

  log_metrics = {
    for metric in distinct([for filter in local.metric_filters : filter.metric]) :
    metric => { dimensions = {}, name = metric, namespace = local.metric_namespace, statistic = "Sum" }
  }

  function_metrics = {
    for name, statistic in { Duration = "Maximum", Throttles = "Sum" } :
    name => {
      dimensions = { FunctionName = local.name }
      name       = name
      namespace  = "AWS/Lambda"
      statistic  = statistic
    }
  }

  queue_metrics = {
    for id, metric in {
      age   = { name = "ApproximateAgeOfOldestMessage", queue = local.uploads_name }
      depth = { name = "ApproximateNumberOfMessagesVisible", queue = local.failed_uploads_name }
    } :
    id => {
      dimensions = { QueueName = metric.queue }
      name       = metric.name
      namespace  = "AWS/SQS"
      statistic  = "Maximum"
    }
  }

  # Rekognition's own counts. The quota is the account's, so the calls of others count too, and so do calls that were
  # refused or throttled.
  rekognition_metrics = {
    for id, name in {
      answered  = "SuccessfulRequestCount"
      faulty    = "ServerErrorCount"
      refused   = "UserErrorCount"
      throttled = "ThrottledCount"
    } :
    id => {
      dimensions = { Operation = "CompareFaces" }
      name       = name
      namespace  = "AWS/Rekognition"
      statistic  = "Sum"
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "record" {
  for_each = local.has_alarms || var.monitoring.dashboard ? local.metric_filters : {}

  region         = var.region
  name           = "${local.name}-${replace(each.key, "_", "-")}"
  log_group_name = aws_cloudwatch_log_group.function.name
  pattern        = each.value.pattern

  metric_transformation {
    default_value = each.value.default
    name          = each.value.metric
    namespace     = local.metric_namespace
    value         = each.value.value
  }
}
