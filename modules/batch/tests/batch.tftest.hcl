# A list of pairs: what the state machine does with it, and what its role may do.

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

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/states/face-compare-batch" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/face-compare-batch-eu-west-1" }
  }

  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch" }
  }
}

variables {
  face_compare = {
    bucket_name   = "face-compare-111122223333-eu-west-1"
    function_arn  = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
    function_name = "face-compare"
    kms_key_arn   = null
    prefixes      = { manifests = "manifests/", results = "results/" }
    rate          = { calls_per_batch = 195, calls_per_second = 16.333, function_timeout = 30, instances = 3, pairs_per_batch = 195, rekognition_tps = 50, reserved_concurrency = null }
    role_name     = "face-compare-eu-west-1"
  }
}

run "both_forms_of_a_manifest_are_read" {
  command = plan

  assert {
    condition = {
      for name, state in jsondecode(aws_sfn_state_machine.batch.definition).States : name => [state.ItemReader.ReaderConfig, state.ItemReader.Parameters] if state.Type == "Map"
      } == {
      "Compare pairs of a CSV file" = [{ InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" }, { Bucket = "face-compare-111122223333-eu-west-1", "Key.$" = "$.manifest" }]
      "Compare pairs of JSON Lines" = [{ InputType = "JSONL" }, { Bucket = "face-compare-111122223333-eu-west-1", "Key.$" = "$.manifest" }]
    }
    error_message = "A CSV file with a header and JSON Lines must each have their reader."
  }

  assert {
    condition = [
      for choice in jsondecode(aws_sfn_state_machine.batch.definition).States["Look at the manifest's name"].Choices : [choice.And[1].StringMatches, choice.Next]
    ] == [["manifests/*.csv", "Compare pairs of a CSV file"], ["manifests/*.jsonl", "Compare pairs of JSON Lines"]]
    error_message = "The name's ending must choose the reader, and its beginning must be the manifests' prefix."
  }
}

run "another_name_is_refused_with_a_sentence" {
  command = plan

  assert {
    condition     = jsondecode(aws_sfn_state_machine.batch.definition).States["Look at the manifest's name"].Default == "Refuse" && strcontains(jsondecode(aws_sfn_state_machine.batch.definition).States.Refuse.Cause, "begins with manifests/ and ends in .csv or .jsonl")
    error_message = "Whoever gives another name must be told what is expected."
  }
}

run "the_quota_is_used_and_not_overrun" {
  command = plan

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : state.MaxConcurrency == 3 && state.ItemBatcher.MaxItemsPerBatch == 195 if state.Type == "Map"
    ])
    error_message = "Concurrency and batches of both Maps must be those of the root module's rate; unset, 10,000 batches would start at once."
  }
}

run "pairs_with_several_sources_are_done_in_time" {
  command = plan

  variables {
    sources_per_pair = 4
  }

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : state.ItemBatcher.MaxItemsPerBatch == 48 if state.Type == "Map"
    ])
    error_message = "A pair costs a call for each source: 195 calls are 48 pairs of 4, and more would run out of time, batch after batch."
  }
}

run "a_pair_that_no_invocation_has_time_for_is_refused" {
  command = plan

  variables {
    face_compare = {
      bucket_name   = "face-compare-111122223333-eu-west-1"
      function_arn  = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
      function_name = "face-compare"
      prefixes      = { manifests = "manifests/", results = "results/" }
      rate          = { calls_per_batch = 5, calls_per_second = 0.49, function_timeout = 30, instances = 2, pairs_per_batch = 5, rekognition_tps = 1, reserved_concurrency = null }
      role_name     = "face-compare-eu-west-1"
    }
    sources_per_pair = 6
  }

  expect_failures = [aws_sfn_state_machine.batch]
}

run "long_keys_make_smaller_batches_in_place_of_failed_ones" {
  command = plan

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : state.ItemBatcher.MaxInputBytesPerBatch == 65536 if state.Type == "Map"
    ])
    error_message = "The answer on a batch must keep below Step Functions' 256 KiB (tests/unit/payload/test_answer_size.py reckons it)."
  }
}

run "both_maps_do_the_same_with_a_batch" {
  command = plan

  assert {
    condition = length(distinct([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : jsonencode([state.ItemProcessor.ProcessorConfig, values(state.ItemProcessor.States), state.ItemBatcher, state.ResultWriter, state.ToleratedFailurePercentage]) if state.Type == "Map"
    ])) == 1
    error_message = "What becomes of a pair must not depend on the form of the manifest."
  }
}

run "passing_faults_are_tried_again_apart_from_each_other" {
  command = plan

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : alltrue([
        for retry in values(state.ItemProcessor.States)[0].Retry :
        retry.JitterStrategy == "FULL" && retry.BackoffRate == 2 && retry.MaxDelaySeconds == 120 && length(setsubtract(["ThrottledError", "ServiceUnavailableError", "OutOfTimeError", "Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "States.Timeout"], retry.ErrorEquals)) == 0
      ]) if state.Type == "Map"
    ])
    error_message = "The payload's passing faults and Lambda's must be retried, with backoff and full jitter."
  }

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : alltrue([
        for retry in values(state.ItemProcessor.States)[0].Retry : length(setintersection(["States.ALL", "States.TaskFailed"], retry.ErrorEquals)) == 0
      ]) if state.Type == "Map"
    ])
    error_message = "A permanent fault must not be paid for nine times."
  }
}

run "a_batch_goes_to_the_function_as_it_is" {
  command = plan

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) :
      values(state.ItemProcessor.States)[0].Parameters == { FunctionName = var.face_compare.function_arn, Payload = { "pairs.$" = "$" } } && values(state.ItemProcessor.States)[0].OutputPath == "$.Payload.results" && values(state.ItemProcessor.States)[0].TimeoutSeconds == 60 if state.Type == "Map"
    ])
    error_message = "The function takes {\"pairs\": …} and answers {\"results\": […]}; a lost answer must end by itself."
  }

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : state.ItemBatcher.BatchInput == { "execution.$" = "$$.Execution.Id" } if state.Type == "Map"
    ])
    error_message = "The function tells unfinished batches of two runs apart by the run's ARN."
  }
}

run "results_are_written_a_line_a_pair_under_the_runs_name" {
  command = plan

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : state.ResultWriter == {
        Resource     = "arn:aws:states:::s3:putObject"
        Parameters   = { Bucket = "face-compare-111122223333-eu-west-1", "Prefix.$" = "States.Format('results/batch/{}', $$.Execution.Name)" }
        WriterConfig = { OutputType = "JSONL", Transformation = "FLATTEN" }
      } if state.Type == "Map"
    ])
    error_message = "Results belong below results/batch/<run>, outside what triggers comparisons."
  }
}

run "how_much_may_fail_follows_the_input" {
  command = plan

  variables {
    tolerated_failure_percentage = 0
  }

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : state.ToleratedFailurePercentage == 0 if state.Type == "Map"
    ])
    error_message = "tolerated_failure_percentage must reach both Maps."
  }
}

run "a_part_of_the_quota_can_be_left_to_others" {
  command = plan

  variables {
    max_concurrency = 1
  }

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.batch.definition).States) : state.MaxConcurrency == 1 if state.Type == "Map"
    ])
    error_message = "max_concurrency must reach both Maps."
  }
}

run "the_state_machine_may_do_this_and_no_more" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.batch.policy).Statement : statement.Sid => [toset(flatten([statement.Action])), toset(flatten([statement.Resource]))]
      } == {
      ComparePairs         = [toset(["lambda:InvokeFunction"]), toset(["arn:aws:lambda:eu-west-1:111122223333:function:face-compare"])]
      FollowAndStopBatches = [toset(["states:DescribeExecution", "states:StopExecution"]), toset(["arn:aws:states:eu-west-1:111122223333:execution:face-compare-batch:*", "arn:aws:states:eu-west-1:111122223333:execution:face-compare-batch/*"])]
      ReadManifest         = [toset(["s3:GetObject"]), toset(["arn:aws:s3:::face-compare-111122223333-eu-west-1/manifests/*"])]
      RedriveBatches       = [toset(["states:RedriveExecution"]), toset(["arn:aws:states:eu-west-1:111122223333:execution:face-compare-batch/*"])]
      StartBatches         = [toset(["states:StartExecution"]), toset(["arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch"])]
      WriteResults         = [toset(["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]), toset(["arn:aws:s3:::face-compare-111122223333-eu-west-1/results/batch/*"])]
      DeliverLogs          = [toset(["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"]), toset(["*"])]
    }
    error_message = "The role must hold these statements, no other; only log deliveries take \"*\", because their API knows no other form."
  }
}

run "the_function_may_keep_unfinished_batches_and_no_more" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : [statement.Sid, toset(statement.Action), statement.Resource]
    ] == [["KeepUnfinishedBatches", toset(["s3:GetObject", "s3:PutObject"]), "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/batch/unfinished/*"]]
    error_message = "Batches take writing below results/batch/unfinished/ and nothing else."
  }

  assert {
    condition     = aws_iam_role_policy.function.role == "face-compare-eu-west-1"
    error_message = "It must be the function's role that gets it."
  }
}

run "only_this_accounts_state_machines_can_take_the_role" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role.batch.assume_role_policy).Statement : [statement.Principal, statement.Condition]
      ] == [[{ Service = "states.amazonaws.com" }, {
        ArnLike        = { "aws:SourceArn" = "arn:aws:states:eu-west-1:111122223333:stateMachine:*" }
        StringEquals   = { "aws:SourceAccount" = "111122223333" }
    }]]
    error_message = "Step Functions acting for another account must not get the role."
  }
}

run "the_log_tells_states_and_keeps_keys_and_scores_to_itself" {
  command = plan

  assert {
    condition     = aws_sfn_state_machine.batch.logging_configuration[0].level == "ERROR" && !aws_sfn_state_machine.batch.logging_configuration[0].include_execution_data
    error_message = "Execution data would put decisions into a second place."
  }

  assert {
    condition     = aws_cloudwatch_log_group.batch.name == "/aws/vendedlogs/states/face-compare-batch" && aws_cloudwatch_log_group.batch.retention_in_days == 90
    error_message = "The log group must have the prefix of vended logs and a limit."
  }
}

run "one_customer_key_covers_manifest_results_and_log" {
  command = plan

  variables {
    face_compare = {
      bucket_name   = "face-compare-111122223333-eu-west-1"
      function_arn  = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
      function_name = "face-compare"
      kms_key_arn   = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      prefixes      = { manifests = "manifests/", results = "results/" }
      rate          = { calls_per_batch = 195, calls_per_second = 16.333, function_timeout = 30, instances = 3, pairs_per_batch = 195, rekognition_tps = 50, reserved_concurrency = null }
      role_name     = "face-compare-eu-west-1"
    }
  }

  assert {
    condition     = aws_cloudwatch_log_group.batch.kms_key_id == var.face_compare.kms_key_arn
    error_message = "The log group must use the key."
  }

  assert {
    condition = {
      for statement in concat(jsondecode(aws_iam_role_policy.batch.policy).Statement, jsondecode(aws_iam_role_policy.function.policy).Statement) :
      statement.Sid => [toset(flatten([statement.Action])), statement.Resource, try(statement.Condition, null)] if contains(["UseBucketKey", "EncryptUnfinishedBatches"], statement.Sid)
      } == {
      UseBucketKey = [toset(["kms:Decrypt", "kms:GenerateDataKey"]), var.face_compare.kms_key_arn, {
        StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" }
        StringLike = { "kms:EncryptionContext:aws:s3:arn" = [
          "arn:aws:s3:::face-compare-111122223333-eu-west-1",
          "arn:aws:s3:::face-compare-111122223333-eu-west-1/manifests/*",
          "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/batch/*",
        ] }
      }]
      EncryptUnfinishedBatches = [toset(["kms:Decrypt", "kms:GenerateDataKey"]), var.face_compare.kms_key_arn, {
        StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" }
        StringLike = { "kms:EncryptionContext:aws:s3:arn" = [
          "arn:aws:s3:::face-compare-111122223333-eu-west-1",
          "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/batch/unfinished/*",
        ] }
      }]
    }
    error_message = "Both roles must be allowed to use the key, through S3 and for this bucket only."
  }
}

run "fewer_instances_than_batches_are_refused" {
  command = plan

  variables {
    face_compare = {
      bucket_name   = "face-compare-111122223333-eu-west-1"
      function_arn  = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
      function_name = "face-compare"
      prefixes      = { manifests = "manifests/", results = "results/" }
      rate          = { calls_per_batch = 195, calls_per_second = 16.333, function_timeout = 30, instances = 3, pairs_per_batch = 195, rekognition_tps = 50, reserved_concurrency = 2 }
      role_name     = "face-compare-eu-west-1"
    }
  }

  expect_failures = [aws_sfn_state_machine.batch]
}

run "the_commands_to_paste_work_in_sh" {
  assert {
    condition     = output.start_command == "execution=$(aws stepfunctions start-execution --region eu-west-1 --state-machine-arn arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch --input '{\"manifest\":\"manifests/pairs.csv\"}' --query executionArn --output text)"
    error_message = "start_command must start a run and keep its ARN."
  }

  assert {
    condition     = output.redrive_command == "aws stepfunctions redrive-execution --region eu-west-1 --execution-arn \"$execution\"" && strcontains(output.watch_command, "describe-map-run --region eu-west-1")
    error_message = "redrive_command and watch_command must act on that run."
  }

  assert {
    condition     = output.state_machine_arn == local.machine_arn
    error_message = "The ARN that the policies are written with must be the one AWS gives."
  }
}

run "whoever_starts_runs_gets_what_that_takes_and_no_more" {
  assert {
    condition = {
      for statement in jsondecode(output.starter_policy_json).Statement : statement.Sid => [toset(flatten([statement.Action])), statement.Resource]
      } == {
      ListResults         = [toset(["s3:ListBucket"]), "arn:aws:s3:::face-compare-111122223333-eu-west-1"]
      PutManifests        = [toset(["s3:PutObject"]), "arn:aws:s3:::face-compare-111122223333-eu-west-1/manifests/*"]
      ReadResults         = [toset(["s3:GetObject"]), "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/batch/*"]
      StartRuns           = [toset(["states:ListExecutions", "states:StartExecution"]), "arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch"]
      WatchAndRedriveRuns = [toset(["states:DescribeExecution", "states:ListMapRuns", "states:RedriveExecution", "states:StopExecution"]), "arn:aws:states:eu-west-1:111122223333:execution:face-compare-batch:*"]
      WatchBatches        = [toset(["states:DescribeMapRun"]), "arn:aws:states:eu-west-1:111122223333:mapRun:face-compare-batch/*"]
    }
    error_message = "The operator's policy must cover the documented commands on this state machine and these prefixes, nothing else."
  }
}

run "nobody_is_told_of_a_failed_run_unasked" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.failed_run) == 0 && output.alarm_name == null
    error_message = "An alarm costs money and needs somebody to tell: without the input there must be none."
  }
}

run "whoever_is_on_call_hears_of_a_run_that_failed_and_that_it_is_over" {
  variables {
    alarm = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"] }
    tags  = { cost-centre = "42" }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.failed_run[0].alarm_actions == toset(var.alarm.sns_topic_arns) && aws_cloudwatch_metric_alarm.failed_run[0].ok_actions == toset(var.alarm.sns_topic_arns)
    error_message = "The alarm must tell every topic that it went off and that it is over."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.failed_run[0].threshold == 1 && aws_cloudwatch_metric_alarm.failed_run[0].evaluation_periods == 1 && aws_cloudwatch_metric_alarm.failed_run[0].datapoints_to_alarm == 1 && aws_cloudwatch_metric_alarm.failed_run[0].treat_missing_data == "notBreaching"
    error_message = "One failed run is a reason to look; no run at all is none."
  }

  assert {
    condition = sort([
      for query in aws_cloudwatch_metric_alarm.failed_run[0].metric_query : "${one(query.metric).namespace} ${one(query.metric).metric_name} ${one(query.metric).stat} ${one(query.metric).period} ${one(query.metric).dimensions.StateMachineArn}" if query.id != "result"
      ]) == tolist([
      "AWS/States ExecutionsAborted Sum 300 arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch",
      "AWS/States ExecutionsFailed Sum 300 arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch",
      "AWS/States ExecutionsTimedOut Sum 300 arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch",
    ])
    error_message = "Every bad end of a run of this state machine must count."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.failed_run[0].metric_query : query.expression if query.id == "result"]) == "FILL(aborted, 0) + FILL(failed, 0) + FILL(timed_out, 0)"
    error_message = "A metric without data must count as none, or the sum would have no value."
  }

  assert {
    condition     = output.alarm_name == "face-compare-batch-failed" && aws_cloudwatch_metric_alarm.failed_run[0].tags == tomap({ cost-centre = "42" })
    error_message = "The alarm must begin with the state machine's name and carry var.tags."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.failed_run[0].alarm_description, "docs/operations.md#runs-of-modulesbatch")
    error_message = "The alarm must say where its paragraph is."
  }
}

run "an_alarm_that_tells_nobody_is_refused" {
  command = plan

  variables {
    alarm = { sns_topic_arns = [] }
  }

  expect_failures = [var.alarm]
}

run "a_fifo_topic_is_refused" {
  command = plan

  variables {
    alarm = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call.fifo"] }
  }

  expect_failures = [var.alarm]
}

run "no_source_at_all_is_refused" {
  command = plan

  variables {
    sources_per_pair = 0
  }

  expect_failures = [var.sources_per_pair]
}

run "more_sources_than_the_function_takes_are_refused" {
  command = plan

  variables {
    sources_per_pair = 11
  }

  expect_failures = [var.sources_per_pair]
}

run "a_fraction_of_a_source_is_refused" {
  command = plan

  variables {
    sources_per_pair = 1.5
  }

  expect_failures = [var.sources_per_pair]
}

run "a_topic_of_another_region_is_refused" {
  command = plan

  variables {
    alarm = { sns_topic_arns = ["arn:aws:sns:us-east-1:111122223333:on-call"] }
  }

  expect_failures = [aws_cloudwatch_metric_alarm.failed_run]
}

run "more_batches_at_once_than_the_quota_takes_are_refused" {
  command = plan

  variables {
    max_concurrency = 4
  }

  expect_failures = [aws_sfn_state_machine.batch]
}

run "no_limit_at_all_is_refused" {
  command = plan

  variables {
    max_concurrency = 0
  }

  expect_failures = [var.max_concurrency]
}

run "more_failures_than_pairs_are_refused" {
  command = plan

  variables {
    tolerated_failure_percentage = 101
  }

  expect_failures = [var.tolerated_failure_percentage]
}

run "records_cannot_be_kept_for_ever" {
  command = plan

  variables {
    log_retention_days = 0
  }

  expect_failures = [var.log_retention_days]
}

run "a_level_step_functions_does_not_know_is_refused" {
  command = plan

  variables {
    log_level = "OFF"
  }

  expect_failures = [var.log_level]
}

run "a_name_too_long_for_the_role_is_refused" {
  command = plan

  variables {
    name = "a23456789-123456789-123456789-123456789-123456789-"
  }

  expect_failures = [var.name]
}

run "a_role_path_without_a_closing_slash_is_refused" {
  command = plan

  variables {
    role = { path = "/service" }
  }

  expect_failures = [var.role]
}

run "a_boundary_is_given_by_arn_not_by_name" {
  command = plan

  variables {
    role = { permissions_boundary_arn = "boundary" }
  }

  expect_failures = [var.role]
}

run "name_role_and_tags_follow_the_inputs" {
  command = plan

  variables {
    name = "night-run"
    role = { path = "/service/", permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary" }
    tags = { cost-centre = "42" }
  }

  assert {
    condition     = aws_sfn_state_machine.batch.name == "night-run" && aws_iam_role.batch.name == "night-run-eu-west-1" && aws_iam_role.batch.path == "/service/" && aws_iam_role.batch.permissions_boundary == "arn:aws:iam::111122223333:policy/boundary"
    error_message = "Name, path and boundary must reach state machine and role."
  }

  assert {
    condition     = alltrue([for tags in [aws_sfn_state_machine.batch.tags, aws_iam_role.batch.tags, aws_cloudwatch_log_group.batch.tags] : tags == tomap({ cost-centre = "42" })])
    error_message = "State machine, role and log group must carry var.tags."
  }
}
