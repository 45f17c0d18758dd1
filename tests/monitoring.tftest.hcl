# Alarms, dashboard and saved queries: what wakes somebody up, and what they can look at.

mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111122223333" } }
  mock_data "aws_partition" { defaults = { dns_suffix = "amazonaws.com", partition = "aws" } }
  mock_data "aws_region" { defaults = { region = "eu-west-1" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111122223333:role/face-compare-eu-west-1" } }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare" }
  }
  mock_resource "aws_sqs_queue" { defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:face-compare-mock" } }
}

variables {
  name       = "face-compare"
  monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:ops"] } }
  on_upload  = {}
}

run "people_on_call_hear_in_time_and_are_told_what_to_do" {
  command = plan

  assert {
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.on_call : name => [
        alarm.threshold,
        # Datapoints of periods of seconds.
        alarm.datapoints_to_alarm,
        alarm.evaluation_periods,
        one(distinct([for query in alarm.metric_query : one(query.metric).period if query.id != "result"])),
      ]
      } == {
      duration              = [80, 2, 2, 300]
      errors                = [1, 1, 1, 300]
      failed_uploads        = [1, 1, 1, 300]
      no_face               = [30, 1, 1, 900]
      no_reference          = [1, 1, 1, 300]
      oldest_upload         = [3600, 1, 1, 300]
      rate                  = [90, 3, 4, 300]
      refused_access        = [1, 1, 1, 300]
      throttled_comparisons = [5, 1, 1, 300]
      throttled_invocations = [1, 1, 1, 300]
      unavailable           = [5, 1, 1, 300]
    }
    error_message = "Errors that stay must wake somebody at once, transient ones must not; rate allows one late period."
  }

  assert {
    condition = output.alarm_names == {
      for name in keys(aws_cloudwatch_metric_alarm.on_call) : name => "face-compare-${replace(name, "_", "-")}"
    }
    error_message = "Alarms must begin with the module's name."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.on_call : alltrue([
        for actions in [alarm.alarm_actions, alarm.ok_actions] :
        actions == toset(var.monitoring.alarms.sns_topic_arns)
      ])
    ])
    error_message = "Every alarm must tell every topic that it went off and that it is over."
  }

  assert {
    condition = alltrue([
      for name, alarm in aws_cloudwatch_metric_alarm.on_call :
      strcontains(alarm.alarm_description, "docs/operations.md#${replace(name, "_", "-")}")
    ])
    error_message = "Every alarm must say where its section is."
  }

  assert {
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.on_call : name => alarm.treat_missing_data
      if alarm.treat_missing_data != "notBreaching"
    } == { failed_uploads = "ignore" }
    error_message = "Silence must not clear the alarm of a dead-letter queue, and must not set off any other alarm."
  }
}

run "alarms_watch_this_function_and_its_queues" {
  command = plan

  assert {
    condition = jsonencode({
      for name, alarm in aws_cloudwatch_metric_alarm.on_call : name => sort([
        for metric in flatten([for query in alarm.metric_query : query.metric]) :
        join(" ", concat(
          [metric.namespace, metric.metric_name, metric.stat],
          [for name, value in coalesce(metric.dimensions, {}) : "${name}=${value}"],
        ))
      ])
      }) == jsonencode({
      duration       = ["AWS/Lambda Duration Maximum FunctionName=face-compare"]
      errors         = ["FaceCompare/face-compare Errors Sum"]
      failed_uploads = ["AWS/SQS ApproximateNumberOfMessagesVisible Maximum QueueName=face-compare-uploads-failed"]
      no_face        = ["FaceCompare/face-compare Comparisons Sum", "FaceCompare/face-compare NoFace Sum"]
      no_reference   = ["FaceCompare/face-compare NoReference Sum"]
      oldest_upload  = ["AWS/SQS ApproximateAgeOfOldestMessage Maximum QueueName=face-compare-uploads"]
      rate = [
        "AWS/Rekognition ServerErrorCount Sum Operation=CompareFaces",
        "AWS/Rekognition SuccessfulRequestCount Sum Operation=CompareFaces",
        "AWS/Rekognition ThrottledCount Sum Operation=CompareFaces",
        "AWS/Rekognition UserErrorCount Sum Operation=CompareFaces",
      ]
      refused_access        = ["FaceCompare/face-compare RefusedAccess Sum"]
      throttled_comparisons = ["FaceCompare/face-compare Throttled Sum"]
      throttled_invocations = ["AWS/Lambda Throttles Sum FunctionName=face-compare"]
      unavailable           = ["FaceCompare/face-compare Unavailable Sum"]
    })
    error_message = "An alarm that watches another metric never goes off."
  }

  assert {
    condition = length(setsubtract(
      ["Comparisons", "Errors", "NoFace", "NoReference", "RefusedAccess", "Throttled", "Unavailable"],
      [for filter in aws_cloudwatch_log_metric_filter.record : filter.metric_transformation[0].name],
    )) == 0
    error_message = "Every metric out of the log must have a filter that writes it."
  }

  assert {
    condition = alltrue([
      for filter in aws_cloudwatch_log_metric_filter.record :
      filter.metric_transformation[0].namespace == "FaceCompare/face-compare" &&
      filter.log_group_name == "/aws/lambda/face-compare" && length(filter.pattern) <= 1024
    ])
    error_message = "Filters must read this log group, write its namespace and keep to CloudWatch's 1024 characters."
  }
}

run "a_crash_is_recognized_by_its_type_and_transient_errors_do_not_wake_anybody" {
  command = plan

  assert {
    condition = aws_cloudwatch_log_metric_filter.record["crashes"].pattern == join(" && ", [
      "{ ($.type = \"platform.report\")",
      "((${join(") || (", [
        "$.record.status = \"timeout\"",
        "$.record.errorType = \"Runtime.*\"",
        "$.record.errorType = \"Sandbox.*\"",
      ])})) }",
    ])
    error_message = "A process that ended has the status \"error\": only its type distinguishes it from an exception."
  }

  assert {
    condition = alltrue([
      for type in ["OutOfTimeError", "ServiceUnavailableError"] : (
        strcontains(aws_cloudwatch_log_metric_filter.record["errors"].pattern, "($.error_type != \"${type}\")") &&
        strcontains(aws_cloudwatch_log_metric_filter.record["unavailable"].pattern, "($.error_type = \"${type}\")")
      )
    ])
    error_message = "One answer that did not come must not wake anybody as `errors`; many must as `unavailable`."
  }
}

run "thresholds_reach_their_alarms" {
  command = plan

  variables {
    monitoring = {
      alarms = {
        sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:ops"]
        thresholds = {
          duration_percent      = 61
          errors                = 62
          failed_uploads        = 63
          no_face_comparisons   = 64
          no_face_percent       = 65
          no_reference          = 72
          oldest_upload_seconds = 66
          rate_percent          = 67
          refused_access        = 68
          throttled_comparisons = 69
          throttled_invocations = 70
          unavailable           = 71
        }
      }
    }
    function        = { timeout = 60 }
    rekognition_tps = 50
  }

  # Of the duration the function's own timeout, of the rate rekognition_tps over the 300 seconds of a period, and a
  # share of few comparisons sets nothing off. An alarm of one metric watches that metric as it is.
  assert {
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.on_call : name => [
        tostring(alarm.threshold),
        one([for query in alarm.metric_query : query.expression if query.id == "result"]),
      ]
      } == {
      duration       = ["61", "100 * duration / 60000"]
      errors         = ["62", "errors"]
      failed_uploads = ["63", "depth"]
      no_face        = ["65", "IF(comparisons >= 64, 100 * FILL(no_face, 0) / comparisons, 0)"]
      no_reference   = ["72", "without"]
      oldest_upload  = ["66", "age"]
      rate = [
        "67", "100 * (FILL(answered, 0) + FILL(faulty, 0) + FILL(refused, 0) + FILL(throttled, 0)) / 15000",
      ]
      refused_access        = ["68", "refused"]
      throttled_comparisons = ["69", "throttled"]
      throttled_invocations = ["70", "throttles"]
      unavailable           = ["71", "unavailable"]
    }
    error_message = "Each threshold must reach its own alarm."
  }
}

run "alarms_can_be_left_out_and_without_uploads_no_queue_is_watched" {
  command = plan

  variables {
    monitoring = {
      alarms = {
        sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:ops"]
        disabled = [
          "duration", "errors", "no_face", "rate", "refused_access", "throttled_comparisons", "unavailable",
        ]
        thresholds = { throttled_invocations = 3 }
      }
    }
    on_upload = null
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.on_call) == ["throttled_invocations"]
    error_message = "alarms.disabled must leave out what it names, on_upload = null the queues, and neither any other."
  }
}

run "a_threshold_of_a_queue_that_does_not_exist_is_refused" {
  command = plan

  variables {
    monitoring = {
      alarms = {
        sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:ops"], thresholds = { oldest_upload_seconds = 3600 }
      }
    }
    on_upload = null
  }

  expect_failures = [output.alarm_names]
}

run "an_alarm_on_a_queue_that_does_not_exist_cannot_be_left_out" {
  command = plan

  variables {
    monitoring = {
      alarms = {
        sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:ops"]
        disabled       = ["failed_uploads"]
      }
    }
    on_upload = null
  }

  expect_failures = [output.alarm_names]
}

run "a_topic_of_another_region_is_refused" {
  command = plan

  variables { monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:us-east-1:111122223333:ops"] } } }

  expect_failures = [aws_cloudwatch_metric_alarm.on_call]
}

run "the_dashboard_shows_its_own_region_and_quota" {
  command = plan

  variables {
    comparison      = { review_threshold = 70, similarity_threshold = 90 }
    monitoring      = { dashboard = true }
    on_upload       = null
    rekognition_tps = 7
  }

  assert {
    # All regions share one list of dashboards.
    condition = toset(concat(
      [trimprefix(aws_cloudwatch_dashboard.overview[0].dashboard_name, "face-compare-")],
      [trimprefix(output.dashboard_name, "face-compare-")],
      jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets[*].properties.region,
    )) == toset(["eu-west-1"])
    error_message = "The dashboard must have the module's region in its name, and every graph must show that region."
  }

  assert {
    condition = {
      for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets :
      widget.properties.title => try([for line in widget.properties.annotations.horizontal : line.value], null)
      if widget.type == "metric"
      } == {
      "Calls of CompareFaces in five minutes, whole account" = [2100]
      "Decisions"                                            = null
      "Duration (ms)"                                        = [30000]
      "Failures"                                             = null
      "Invocations"                                          = null
      "Similarity"                                           = [90, 70]
    }
    error_message = "Thresholds, timeout and quota must be drawn where they apply; no other graph has annotations."
  }

  assert {
    condition = one([
      for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets : widget.properties.metrics
      if widget.properties.title == "Failures"
    ])[*][1] == ["Errors", "Unavailable", "RefusedAccess", "NoFace", "NoReference", "Throttled"]
    error_message = "Every metric of failures that an alarm watches must be on the graph."
  }

  assert {
    condition = [
      length(aws_cloudwatch_log_metric_filter.record), length(aws_cloudwatch_metric_alarm.on_call),
    ] == [12, 0]
    error_message = "The dashboard needs the metrics of the log, but no alarm."
  }
}

run "queues_are_on_the_dashboard_and_queries_are_saved" {
  command = plan

  variables { monitoring = { dashboard = true, saved_queries = true } }

  assert {
    condition = [
      length(regexall("\"face-compare-uploads\"", aws_cloudwatch_dashboard.overview[0].dashboard_body)),
      length(distinct([
        for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets : [widget.x, widget.y]
      ])),
    ] == [2, 9]
    error_message = "With on_upload the dashboard must show depth and age of the queue; every graph has its own place."
  }

  assert {
    condition = alltrue([
      for query in concat(
        [aws_cloudwatch_query_definition.saved["failures"].query_string],
        [
          for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets :
          widget.properties.query if widget.type == "log"
        ],
        ) : strcontains(query, join(" and ", [
          "or (type = \"platform.report\"",
          "(record.status = \"timeout\" or record.errorType like /^(Runtime|Sandbox)\\./))",
      ]))
    ])
    error_message = "Query and dashboard must list the crashes that the alarm counts, and no exception twice."
  }

  assert {
    condition = output.saved_query_names == tolist([
      for query in ["access-errors", "failures", "image", "near-misses", "request", "without-reference"] :
      "face-compare/${query}"
    ])
    error_message = "A saved query is missing, or the output does not name it."
  }

  assert {
    condition = alltrue([
      for query in aws_cloudwatch_query_definition.saved :
      query.log_group_names == tolist(["/aws/lambda/face-compare"]) &&
      startswith(query.query_string, "fields @timestamp") && strcontains(query.query_string, "| limit ")
    ])
    error_message = "Queries must read this log group, name their fields and have a limit: they cost by the gigabyte."
  }
}
