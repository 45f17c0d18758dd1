# Alarms and the metrics below them: what wakes somebody up, and that nothing does unasked.

# OpenTofu knows no shared mock file, so every test file carries what it needs: values whose form a
# policy, a condition or another resource depends on.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com", partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { region = "eu-west-1" }
  }

  mock_data "aws_s3_bucket" {
    defaults = { bucket_region = "eu-west-1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/face-compare" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/face-compare-eu-west-1" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads" }
  }
}

variables {
  name       = "face-compare"
  monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"] } }
  on_upload  = {}
}

run "nothing_is_watched_unasked" {
  command = plan

  variables {
    monitoring = {}
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.on_call) == 0 && length(aws_cloudwatch_log_metric_filter.record) == 0
    error_message = "Alarms and metrics cost money: without the input there must be none."
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.overview) == 0 && length(aws_cloudwatch_query_definition.saved) == 0
    error_message = "Dashboard and saved queries must be off by default."
  }
}

run "each_of_the_ten_alarms_is_there" {
  command = plan

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.on_call) == ["duration", "errors", "failed_uploads", "no_face", "oldest_upload", "rate", "refused_access", "throttled", "throttles", "unavailable"]
    error_message = "An alarm is missing, or one is there that nobody described."
  }

  assert {
    condition     = output.alarm_names["refused_access"] == "face-compare-refused-access"
    error_message = "Alarms must begin with the module's name."
  }
}

run "whoever_is_on_call_hears_of_the_beginning_and_the_end" {
  command = plan

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.on_call : alarm.alarm_actions == toset(var.monitoring.alarms.sns_topic_arns) && alarm.ok_actions == toset(var.monitoring.alarms.sns_topic_arns)])
    error_message = "Every alarm must tell every topic that it went off and that it is over."
  }

  assert {
    condition     = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.on_call : strcontains(alarm.alarm_description, "docs/operations.md#${replace(name, "_", "-")}")])
    error_message = "Every alarm must say where its paragraph is."
  }
}

run "silence_is_no_alarm_but_keeps_a_full_dead_letter_queue_on" {
  command = plan

  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.on_call : name => alarm.treat_missing_data if alarm.treat_missing_data != "notBreaching" } == { failed_uploads = "ignore" }
    error_message = "No requests must set no alarm off; a dead-letter queue that SQS stops reporting on must not clear its alarm."
  }
}

run "how_long_and_how_often_before_somebody_is_woken" {
  command = plan

  assert {
    # Datapoints of periods of seconds.
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.on_call :
      name => "${alarm.datapoints_to_alarm} of ${alarm.evaluation_periods} of ${distinct([for query in alarm.metric_query : one(query.metric).period if query.id != "result"])[0]}"
      } == {
      duration       = "2 of 2 of 300"
      errors         = "1 of 1 of 300"
      failed_uploads = "1 of 1 of 300"
      no_face        = "1 of 1 of 900"
      oldest_upload  = "1 of 1 of 300"
      rate           = "3 of 4 of 300"
      refused_access = "1 of 1 of 300"
      throttled      = "1 of 1 of 300"
      throttles      = "1 of 1 of 300"
      unavailable    = "1 of 1 of 300"
    }
    error_message = "Periods must be those that are described; the rate must bear one period without all its data."
  }

  assert {
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.on_call : name => alarm.threshold
      } == {
      duration       = 80
      errors         = 1
      failed_uploads = 1
      no_face        = 30
      oldest_upload  = 3600
      rate           = 90
      refused_access = 1
      throttled      = 5
      throttles      = 1
      unavailable    = 5
    }
    error_message = "A fault that stays must wake somebody at once, one that passes must not."
  }

  assert {
    condition = {
      for name in ["errors", "failed_uploads", "oldest_upload", "unavailable"] :
      name => one([for query in aws_cloudwatch_metric_alarm.on_call[name].metric_query : query.expression if query.id == "result"])
    } == { errors = "faults", failed_uploads = "depth", oldest_upload = "age", unavailable = "unavailable" }
    error_message = "An alarm of one metric must watch that metric as it is."
  }
}

run "a_crash_is_told_by_its_type_and_not_by_a_status" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_metric_filter.record["crashes"].pattern == "{ ($.type = \"platform.report\") && (($.record.status = \"timeout\") || ($.record.errorType = \"Runtime.*\") || ($.record.errorType = \"Sandbox.*\")) }"
    error_message = "A process that ended or ran out of memory has the status \"error\": only its type tells it from an exception that is on record already."
  }
}

run "what_passes_by_itself_is_no_fault" {
  command = plan

  assert {
    condition = alltrue([
      for type in ["OutOfTimeError", "ServiceUnavailableError"] :
      strcontains(aws_cloudwatch_log_metric_filter.record["faults"].pattern, "($.error_type != \"${type}\")") && strcontains(aws_cloudwatch_log_metric_filter.record["unavailable"].pattern, "($.error_type = \"${type}\")")
    ])
    error_message = "An answer that did not come once must not wake anybody as `errors`; many must as `unavailable`."
  }
}

run "without_uploads_no_queue_is_watched" {
  command = plan

  variables {
    on_upload = null
  }

  assert {
    condition     = length(setintersection(keys(aws_cloudwatch_metric_alarm.on_call), ["failed_uploads", "oldest_upload"])) == 0 && length(aws_cloudwatch_metric_alarm.on_call) == 8
    error_message = "Without on_upload there is no queue to watch."
  }
}

run "an_alarm_can_be_left_out" {
  command = plan

  variables {
    monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"], disabled = ["rate", "oldest_upload"] } }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.on_call) == 8 && !contains(keys(aws_cloudwatch_metric_alarm.on_call), "rate")
    error_message = "alarms.disabled must leave out what it names, and only that."
  }
}

run "thresholds_reach_their_alarms" {
  command = plan

  variables {
    monitoring = { alarms = {
      sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"]
      thresholds = {
        duration_percent      = 61
        errors                = 62
        failed_uploads        = 63
        no_face_comparisons   = 64
        no_face_percent       = 65
        oldest_upload_seconds = 66
        rate_percent          = 67
        refused_access        = 68
        throttled             = 69
        throttles             = 70
        unavailable           = 71
      }
    } }
    function        = { timeout = 60 }
    rekognition_tps = 50
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.on_call : name => alarm.threshold } == {
      duration       = 61
      errors         = 62
      failed_uploads = 63
      no_face        = 65
      oldest_upload  = 66
      rate           = 67
      refused_access = 68
      throttled      = 69
      throttles      = 70
      unavailable    = 71
    }
    error_message = "Each threshold must reach its own alarm."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.on_call["duration"].metric_query : query.expression if query.id == "result"]) == "100 * duration / 60000"
    error_message = "The duration's share must be of the function's own timeout, in milliseconds."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.on_call["no_face"].metric_query : query.expression if query.id == "result"]) == "IF(comparisons >= 64, 100 * FILL(no_face, 0) / comparisons, 0)"
    error_message = "A share of few comparisons must set nothing off."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.on_call["rate"].metric_query : query.expression if query.id == "result"]) == "100 * (FILL(answered, 0) + FILL(faulty, 0) + FILL(refused, 0) + FILL(throttled, 0)) / 15000"
    error_message = "The rate must be a share of rekognition_tps over the period's 300 seconds."
  }
}

run "alarms_watch_this_function_and_its_queues" {
  command = plan

  assert {
    condition = jsonencode({
      for name, alarm in aws_cloudwatch_metric_alarm.on_call : name => sort([
        for query in alarm.metric_query : "${one(query.metric).namespace} ${one(query.metric).metric_name} ${one(query.metric).stat} ${jsonencode(one(query.metric).dimensions)}" if query.id != "result"
      ])
      }) == jsonencode({
      duration       = ["AWS/Lambda Duration Maximum {\"FunctionName\":\"face-compare\"}"]
      errors         = ["FaceCompare/face-compare Faults Sum {}"]
      failed_uploads = ["AWS/SQS ApproximateNumberOfMessagesVisible Maximum {\"QueueName\":\"face-compare-uploads-failed\"}"]
      no_face        = ["FaceCompare/face-compare Comparisons Sum {}", "FaceCompare/face-compare NoFace Sum {}"]
      oldest_upload  = ["AWS/SQS ApproximateAgeOfOldestMessage Maximum {\"QueueName\":\"face-compare-uploads\"}"]
      rate = [
        "AWS/Rekognition ServerErrorCount Sum {\"Operation\":\"CompareFaces\"}",
        "AWS/Rekognition SuccessfulRequestCount Sum {\"Operation\":\"CompareFaces\"}",
        "AWS/Rekognition ThrottledCount Sum {\"Operation\":\"CompareFaces\"}",
        "AWS/Rekognition UserErrorCount Sum {\"Operation\":\"CompareFaces\"}",
      ]
      refused_access = ["FaceCompare/face-compare RefusedAccess Sum {}"]
      throttled      = ["FaceCompare/face-compare Throttled Sum {}"]
      throttles      = ["AWS/Lambda Throttles Sum {\"FunctionName\":\"face-compare\"}"]
      unavailable    = ["FaceCompare/face-compare Unavailable Sum {}"]
    })
    error_message = "An alarm that watches another metric never goes off."
  }

  assert {
    condition     = length(setsubtract([for metric in ["Comparisons", "Faults", "NoFace", "RefusedAccess", "Throttled", "Unavailable"] : metric], [for filter in aws_cloudwatch_log_metric_filter.record : filter.metric_transformation[0].name])) == 0
    error_message = "Every metric out of the log must have a filter that writes it."
  }

  assert {
    condition     = alltrue([for filter in aws_cloudwatch_log_metric_filter.record : filter.metric_transformation[0].namespace == "FaceCompare/face-compare" && filter.log_group_name == "/aws/lambda/face-compare" && length(filter.pattern) <= 1024])
    error_message = "Filters must read this function's log group, write its namespace, and keep to CloudWatch's 1024 characters."
  }
}

run "a_topic_made_in_the_same_apply_can_be_handed_in" {
  command = plan

  module {
    source = "./tests/fixtures/unknown_inputs"
  }
}

run "an_alarm_that_tells_nobody_is_refused" {
  command = plan

  variables {
    monitoring = { alarms = { sns_topic_arns = [] } }
  }

  expect_failures = [var.monitoring]
}

run "a_topic_of_another_region_is_refused" {
  command = plan

  variables {
    monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:us-east-1:111122223333:on-call"] } }
  }

  expect_failures = [aws_cloudwatch_metric_alarm.on_call]
}

run "a_fifo_topic_is_refused" {
  command = plan

  variables {
    monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call.fifo"] } }
  }

  expect_failures = [var.monitoring]
}

run "an_alarm_that_does_not_exist_cannot_be_left_out" {
  command = plan

  variables {
    monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"], disabled = ["rates"] } }
  }

  expect_failures = [var.monitoring]
}

run "a_threshold_of_zero_is_refused" {
  command = plan

  variables {
    monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"], thresholds = { errors = 0 } } }
  }

  expect_failures = [var.monitoring]
}

run "a_share_over_a_hundred_is_refused" {
  command = plan

  variables {
    monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"], thresholds = { no_face_percent = 101 } } }
  }

  expect_failures = [var.monitoring]
}
