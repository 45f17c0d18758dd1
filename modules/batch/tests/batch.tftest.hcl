# A list of pairs: what the state machine does with it, and what its role may do.

mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111122223333" } }
  mock_data "aws_region" { defaults = { region = "eu-west-1" } }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/states/face-compare-batch" }
  }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111122223333:role/face-compare-batch-eu-west-1" } }
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
    origin = {
      account_id = "111122223333"
      dns_suffix = "amazonaws.com"
      partition  = "aws"
      region     = "eu-west-1"
    }
    prefixes = { manifests = "manifests/", results = "results/" }
    rate = {
      # Less than a pair of ten sources takes.
      calls_per_batch  = 9
      calls_per_second = 0.8
      function_timeout = 30
      instances        = 3
      pairs_per_batch  = 9
      rekognition_tps  = 4
    }
    role_name = "face-compare-eu-west-1"
  }
}

run "a_manifest_of_either_format_is_read_and_another_name_gets_a_sentence" {
  command = plan

  assert {
    condition     = aws_sfn_state_machine.batch.definition == jsonencode(local.definition)
    error_message = "The runs below look at local.definition: it must be that of the state machine."
  }

  assert {
    condition = { for name, map in local.maps : name => map.ItemReader } == {
      for name, reader in {
        "Compare pairs of a CSV file" = { InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" }
        "Compare pairs of JSON Lines" = { InputType = "JSONL" }
        } : name => {
        Resource     = "arn:aws:states:::s3:getObject"
        Parameters   = { Bucket = "face-compare-111122223333-eu-west-1", "Key.$" = "$.manifest" }
        ReaderConfig = reader
      }
    }
    error_message = "A CSV file with a header and JSON Lines must each have their reader."
  }

  assert {
    condition = [
      for choice in local.definition.States[local.definition.StartAt].Choices :
      [choice.And[1].StringMatches, choice.Next]
      ] == [
      ["manifests/*.csv", "Look at the header of a CSV file"],
      ["manifests/*.jsonl", "Look at the first line of JSON Lines"],
    ]
    error_message = "The name's ending must choose the reader, and it must begin with the prefix of manifests."
  }

  assert {
    condition = {
      for name, state in local.checks :
      name => [state.Resource, state.Parameters, state.ResultPath == null, state.Next, state.Retry]
      } == {
      for name, next in {
        "Look at the header of a CSV file"     = "Compare pairs of a CSV file"
        "Look at the first line of JSON Lines" = "Compare pairs of JSON Lines"
        } : name => [
        "arn:aws:states:::lambda:invoke",
        { FunctionName = var.face_compare.function_arn, Payload = { "manifest.$" = "$.manifest" } },
        true,
        next,
        values(local.maps[next].ItemProcessor.States)[0].Retry,
      ]
    }
    error_message = "The function must look at a list before its Map, which still needs the input."
  }

  assert {
    condition = strcontains(
      local.definition.States[local.definition.States[local.definition.StartAt].Default].Cause,
      "begins with manifests/ and ends in .csv or .jsonl",
    )
    error_message = "Anyone who gives another name must be told what is expected."
  }
}

run "both_formats_are_compared_alike_in_states_of_their_own" {
  command = plan

  assert {
    condition = length(distinct([
      for state in values(local.maps) : jsonencode([
        state.MaxConcurrency, state.ToleratedFailurePercentage, state.ResultWriter,
        merge(state.ItemBatcher, { BatchInput = state.ItemBatcher.BatchInput["execution.$"] }),
        state.ItemProcessor.ProcessorConfig, values(state.ItemProcessor.States),
      ])
    ])) == 1
    error_message = "What becomes of a pair must not depend on the format of the manifest."
  }

  assert {
    # At any depth, a state is what has a type.
    condition = length(regexall("\"Type\":", aws_sfn_state_machine.batch.definition)) == length(distinct(flatten([
      for name, state in local.definition.States : [name, try(keys(state.ItemProcessor.States), [])]
    ])))
    error_message = "Step Functions wants every state's name to be unique in the whole machine, in Maps too."
  }
}

run "a_batch_fits_the_quota_is_retried_and_written_line_by_line" {
  command = plan

  assert {
    condition = one([
      for map in local.maps : [map.MaxConcurrency, map.ItemBatcher] if map.Label == "JsonLines"
      ]) == [3, {
      # The answer must keep below Step Functions' 256 KiB (tests/unit/payload/test_answer_size.py calculates it).
      MaxInputBytesPerBatch = 65536
      MaxItemsPerBatch      = 9
      # The function distinguishes unfinished batches of two runs by the run's ARN, and cells of CSV from JSON.
      BatchInput = { "execution.$" = "$$.Execution.Id", format = "JSONL" }
    }]
    error_message = "Both must be those of the root module's rate; unset, 10,000 batches would start at once."
  }

  assert {
    condition = jsonencode(values(local.maps["Compare pairs of a CSV file"].ItemProcessor.States)) == jsonencode([{
      Type       = "Task"
      Resource   = "arn:aws:states:::lambda:invoke"
      Parameters = { FunctionName = var.face_compare.function_arn, Payload = { "pairs.$" = "$" } }
      OutputPath = "$.Payload.results"
      Retry = [{
        # Neither States.ALL nor States.TaskFailed: a permanent error must not be paid for nine times.
        ErrorEquals = [
          "OutOfTimeError", "ServiceUnavailableError", "ThrottledError",
          "Lambda.AWSLambdaException", "Lambda.ClientExecutionTimeoutException", "Lambda.SdkClientException",
          "Lambda.ServiceException", "Lambda.TooManyRequestsException", "Lambda.Unknown",
          # A function in a VPC that is called for the first time in 14 days.
          "Lambda.EC2ThrottledException", "Lambda.EC2UnexpectedException", "Lambda.ENINotReadyException",
          "Lambda.ResourceNotReadyException", "Lambda.SubnetIPAddressLimitReachedException",
          "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout",
        ]
        BackoffRate     = 2
        IntervalSeconds = 2
        JitterStrategy  = "FULL"
        MaxAttempts     = 8
        MaxDelaySeconds = 120
      }]
      TimeoutSeconds = 60
      End            = true
    }])
    error_message = "The function takes {\"pairs\": …} and answers {\"results\": […]}; transient errors are retried."
  }

  assert {
    condition = local.maps["Compare pairs of a CSV file"].ResultWriter == {
      Resource = "arn:aws:states:::s3:putObject"
      Parameters = {
        Bucket     = "face-compare-111122223333-eu-west-1"
        "Prefix.$" = "States.Format('results/batch/{}', $$.Execution.Name)"
      }
      WriterConfig = { OutputType = "JSONL", Transformation = "FLATTEN" }
    }
    error_message = "Results belong below results/batch/<run>, outside what starts comparisons, one line per pair."
  }
}

run "settings_reach_state_machine_role_and_log" {
  command = plan

  variables {
    log_level          = "ALL"
    log_retention_days = 7
    max_concurrency    = 1
    name               = "night-run"
    role = {
      path                     = "/service/"
      permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary"
    }
    sources_per_pair             = 4
    tags                         = { "Cost é_.:/=+-@1" = "4 é_.:/=+-@" }
    tolerated_failure_percentage = 0
  }

  assert {
    condition = [
      for map in values(local.maps) :
      [map.MaxConcurrency, map.ToleratedFailurePercentage, map.ItemBatcher.MaxItemsPerBatch]
    ] == [[1, 0, 2], [1, 0, 2]]
    error_message = "A pair costs one call per source: 9 calls are 2 pairs of 4, and more would run out of time."
  }

  assert {
    condition = [
      aws_sfn_state_machine.batch.name,
      aws_iam_role.batch.name,
      aws_iam_role.batch.path,
      aws_iam_role.batch.permissions_boundary,
      aws_sfn_state_machine.batch.logging_configuration[0].level,
      aws_cloudwatch_log_group.batch.retention_in_days,
    ] == ["night-run", "night-run-eu-west-1", "/service/", "arn:aws:iam::111122223333:policy/boundary", "ALL", 7]
    error_message = "Name, path, boundary, level and retention must reach state machine, role and log group."
  }

  assert {
    condition = alltrue([
      for tags in [aws_sfn_state_machine.batch.tags, aws_iam_role.batch.tags, aws_cloudwatch_log_group.batch.tags] :
      tags == tomap({ "Cost é_.:/=+-@1" = "4 é_.:/=+-@" })
    ])
    error_message = "State machine, role and log group must carry var.tags."
  }
}

run "the_state_machine_may_do_this_and_no_more" {
  command = plan

  assert {
    condition = jsonencode({
      for statement in jsondecode(aws_iam_role_policy.batch.policy).Statement :
      statement.Sid => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      ComparePairs = [
        ["lambda:InvokeFunction"], ["arn:aws:lambda:eu-west-1:111122223333:function:face-compare"],
      ]
      FollowAndStopBatches = [["states:DescribeExecution", "states:StopExecution"], [
        "arn:aws:states:eu-west-1:111122223333:execution:face-compare-batch/*",
        "arn:aws:states:eu-west-1:111122223333:execution:face-compare-batch:*",
      ]]
      ReadManifest = [["s3:GetObject"], ["arn:aws:s3:::face-compare-111122223333-eu-west-1/manifests/*"]]
      RedriveBatches = [
        ["states:RedriveExecution"], ["arn:aws:states:eu-west-1:111122223333:execution:face-compare-batch/*"],
      ]
      StartBatches = [
        ["states:StartExecution"], ["arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch"],
      ]
      WriteResults = [
        ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
        ["arn:aws:s3:::face-compare-111122223333-eu-west-1/results/batch/*"],
      ]
      DeliverLogs = [[
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
      ], ["*"]]
    })
    error_message = "The role must hold these statements and no other; only log deliveries take \"*\" alone."
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      [aws_iam_role_policy.function.role, statement.Sid, sort(flatten([statement.Action])), statement.Resource]
      ]) == jsonencode([
      [
        "face-compare-eu-west-1", "CheckManifests", ["s3:GetObject"],
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/manifests/*",
      ],
      [
        "face-compare-eu-west-1", "KeepUnfinishedBatches", ["s3:GetObject", "s3:PutObject"],
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/batch/unfinished/*",
      ],
    ])
    error_message = "Batches must only let the function read lists, and write below results/batch/unfinished/."
  }
}

run "only_this_accounts_state_machines_can_take_the_role" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role.batch.assume_role_policy).Statement :
      [statement.Principal, statement.Condition]
      ] == [[{ Service = "states.amazonaws.com" }, {
        ArnLike        = { "aws:SourceArn" = "arn:aws:states:eu-west-1:111122223333:stateMachine:*" }
        StringEquals   = { "aws:SourceAccount" = "111122223333" }
    }]]
    error_message = "Step Functions acting for another account must not get the role."
  }
}

run "operators_get_what_runs_take_and_no_more" {
  command = plan

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.starter_policy_json).Statement :
      statement.Sid => [sort(flatten([statement.Action])), statement.Resource]
      }) == jsonencode({
      ListResults  = [["s3:ListBucket"], "arn:aws:s3:::face-compare-111122223333-eu-west-1"]
      PutManifests = [["s3:PutObject"], "arn:aws:s3:::face-compare-111122223333-eu-west-1/manifests/*"]
      ReadResults  = [["s3:GetObject"], "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/batch/*"]
      StartRuns = [
        ["states:ListExecutions", "states:StartExecution"],
        "arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch",
      ]
      WatchAndRedriveRuns = [
        ["states:DescribeExecution", "states:ListMapRuns", "states:RedriveExecution", "states:StopExecution"],
        "arn:aws:states:eu-west-1:111122223333:execution:face-compare-batch:*",
      ]
      WatchBatches = [
        ["states:DescribeMapRun"], "arn:aws:states:eu-west-1:111122223333:mapRun:face-compare-batch/*",
      ]
    })
    error_message = "The operator's policy must cover the documented commands, on this state machine and its prefixes."
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
      origin = {
        account_id = "111122223333", dns_suffix = "amazonaws.com", partition = "aws", region = "eu-west-1"
      }
      prefixes = { manifests = "manifests/", results = "results/" }
      rate = {
        calls_per_batch = 195, calls_per_second = 16.333, function_timeout = 30, instances = 3
        pairs_per_batch = 195, rekognition_tps = 50
      }
      role_name = "face-compare-eu-west-1"
    }
  }

  assert {
    condition     = aws_cloudwatch_log_group.batch.kms_key_id == var.face_compare.kms_key_arn
    error_message = "The log group must use the key."
  }

  assert {
    condition = jsonencode({
      for statement in concat(
        jsondecode(aws_iam_role_policy.batch.policy).Statement,
        jsondecode(aws_iam_role_policy.function.policy).Statement,
      ) : statement.Sid => [sort(flatten([statement.Action])), statement.Resource, statement.Condition]
      if can(statement.Condition.StringEquals)
      }) == jsonencode({
      for sid, use in {
        DecryptManifests = { actions = ["kms:Decrypt"], places = ["/manifests/*"] }
        EncryptUnfinishedBatches = {
          actions = ["kms:Decrypt", "kms:GenerateDataKey"]
          places  = ["/results/batch/unfinished/*"]
        }
        UseBucketKey = {
          actions = ["kms:Decrypt", "kms:GenerateDataKey"]
          places  = ["/manifests/*", "/results/batch/*"]
        }
        } : sid => [use.actions, var.face_compare.kms_key_arn, {
          StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" }
          StringLike = {
            "kms:EncryptionContext:aws:s3:arn" = [
              for end in concat([""], use.places) : "arn:aws:s3:::face-compare-111122223333-eu-west-1${end}"
            ]
          }
      }]
    })
    error_message = "Both roles must be allowed to use the key, through S3 and for this bucket only."
  }
}

run "without_topics_there_is_no_alarm_and_the_commands_to_paste_work" {
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.failed_run) == 0 && output.alarm_name == null
    error_message = "An alarm costs money and needs somebody to tell: without the input there must be none."
  }

  assert {
    condition = output.start_command == join(" ", [
      "execution=$(aws stepfunctions start-execution --region eu-west-1",
      "--state-machine-arn arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch",
      "--input '{\"manifest\":\"manifests/pairs.csv\"}' --query executionArn --output text)",
    ])
    error_message = "start_command must start a run and keep its ARN."
  }

  assert {
    condition = (
      strcontains(output.redrive_command, "redrive-execution --region eu-west-1 --execution-arn \"$execution\"") &&
      strcontains(output.watch_command, "describe-map-run --region eu-west-1") &&
      output.state_machine_arn == local.machine_arn
    )
    error_message = "The commands must act on that run, and the ARN in the policies be the one that AWS gives."
  }

  # Execution data would put decisions into a second place.
  assert {
    condition = [
      aws_sfn_state_machine.batch.logging_configuration[0].level,
      aws_sfn_state_machine.batch.logging_configuration[0].include_execution_data,
      aws_cloudwatch_log_group.batch.name,
      aws_cloudwatch_log_group.batch.retention_in_days,
    ] == ["ERROR", false, "/aws/vendedlogs/states/face-compare-batch", 90]
    error_message = "The log must hold errors alone, have the prefix of vended logs, and end after 90 days."
  }
}

run "people_on_call_hear_of_a_run_that_failed_and_that_it_is_over" {
  variables {
    alarm = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"] }
    tags  = { "Cost é_.:/=+-@1" = "4 é_.:/=+-@" }
  }

  assert {
    condition = alltrue([
      for actions in [
        aws_cloudwatch_metric_alarm.failed_run[0].alarm_actions, aws_cloudwatch_metric_alarm.failed_run[0].ok_actions,
      ] : actions == toset(var.alarm.sns_topic_arns)
    ])
    error_message = "The alarm must tell every topic that it went off and that it is over."
  }

  assert {
    condition = [
      for alarm in aws_cloudwatch_metric_alarm.failed_run :
      [alarm.threshold, alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data]
    ] == [[1, 1, 1, "notBreaching"]]
    error_message = "One failed run is a reason to look; no run at all is not."
  }

  assert {
    condition = sort([
      for metric in flatten(aws_cloudwatch_metric_alarm.failed_run[0].metric_query[*].metric) : join(" ", [
        metric.namespace, metric.metric_name, metric.stat, metric.period, metric.dimensions.StateMachineArn,
      ])
      ]) == tolist([
      for metric in ["Aborted", "Failed", "TimedOut"] :
      "AWS/States Executions${metric} Sum 300 arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch"
    ])
    error_message = "Every bad end of a run of this state machine must count."
  }

  assert {
    condition = [
      one([
        for query in aws_cloudwatch_metric_alarm.failed_run[0].metric_query : query.expression if query.id == "result"
      ]),
      output.alarm_name,
      aws_cloudwatch_metric_alarm.failed_run[0].tags["Cost é_.:/=+-@1"],
      strcontains(aws_cloudwatch_metric_alarm.failed_run[0].alarm_description, "operations.md#runs-of-modulesbatch"),
    ] == ["FILL(aborted, 0) + FILL(failed, 0) + FILL(timed_out, 0)", "face-compare-batch-failed", "4 é_.:/=+-@", true]
    error_message = "No data must count as none; the alarm must have its name and tags, and say where its section is."
  }
}

run "a_topic_of_another_region_is_refused" {
  command = plan

  variables { alarm = { sns_topic_arns = ["arn:aws:sns:us-east-1:111122223333:on-call"] } }

  expect_failures = [aws_cloudwatch_metric_alarm.failed_run]
}

run "more_batches_at_once_than_the_quota_takes_are_refused" {
  command = plan

  variables { max_concurrency = 4 }

  expect_failures = [aws_sfn_state_machine.batch]
}

run "fewer_instances_than_batches_are_refused" {
  command = plan

  variables {
    face_compare = {
      bucket_name   = "face-compare-111122223333-eu-west-1"
      function_arn  = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
      function_name = "face-compare"
      origin = {
        account_id = "111122223333", dns_suffix = "amazonaws.com", partition = "aws", region = "eu-west-1"
      }
      prefixes = { manifests = "manifests/", results = "results/" }
      rate = {
        calls_per_batch = 195, calls_per_second = 16.333, function_timeout = 30, instances = 3
        pairs_per_batch = 195, rekognition_tps = 50, reserved_concurrency = 2
      }
      role_name = "face-compare-eu-west-1"
    }
  }

  expect_failures = [aws_sfn_state_machine.batch]
}

run "a_pair_that_no_invocation_has_time_for_is_refused" {
  command = plan

  variables { sources_per_pair = 10 }

  expect_failures = [aws_sfn_state_machine.batch]
}

# One wrong value per input: expect_failures demands that each of the named inputs fails.
run "zeros_and_empty_lists_are_refused" {
  command = plan

  variables {
    alarm              = { sns_topic_arns = [] }
    log_level          = "OFF"
    log_retention_days = 0
    # To Step Functions it would mean no limit.
    max_concurrency  = 0
    name             = "a23456789-123456789-123456789-123456789-123456789-"
    role             = { path = "/service" }
    sources_per_pair = 0
    # IAM and CloudWatch Logs refuse a comma.
    tags = { owner = "Faces, Inc." }
    # More failures than pairs.
    tolerated_failure_percentage = 101
  }

  expect_failures = [
    var.alarm, var.log_level, var.log_retention_days, var.max_concurrency,
    var.name, var.role, var.sources_per_pair, var.tags, var.tolerated_failure_percentage,
  ]
}

run "fifo_topics_names_and_too_many_sources_are_refused" {
  command = plan

  variables {
    alarm            = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call.fifo"] }
    role             = { permissions_boundary_arn = "boundary" }
    sources_per_pair = 11
    # One key to IAM.
    tags = { Owner = "faces", owner = "faces" }
  }

  expect_failures = [var.alarm, var.role, var.sources_per_pair, var.tags]
}

run "a_null_list_and_a_fraction_of_a_source_are_refused" {
  command = plan

  variables {
    alarm            = { sns_topic_arns = null }
    sources_per_pair = 1.5
    # OpenTofu 1.8 calls no functions here.
    tags = {
      for place in [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
        27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
      ] : "tag-${place}" => ""
    }
  }

  expect_failures = [var.alarm, var.sources_per_pair, var.tags]
}

# The runs below are on the state machine that the run with apply left.
run "a_state_machine_is_not_renamed_at_the_cost_of_its_history" {
  command = plan

  variables { name = "nightly" }

  expect_failures = [terraform_data.origin]
}

run "a_state_machine_does_not_follow_another_stack_into_another_region" {
  command = plan

  variables {
    face_compare = {
      bucket_name   = "face-compare-111122223333-us-east-1"
      function_arn  = "arn:aws:lambda:us-east-1:111122223333:function:face-compare"
      function_name = "face-compare"
      origin = {
        account_id = "111122223333", dns_suffix = "amazonaws.com", partition = "aws", region = "us-east-1"
      }
      prefixes = { manifests = "manifests/", results = "results/" }
      rate = {
        calls_per_batch = 195, calls_per_second = 16.333, function_timeout = 30, instances = 3
        pairs_per_batch = 195, rekognition_tps = 50
      }
      role_name = "face-compare-us-east-1"
    }
  }

  expect_failures = [terraform_data.origin]
}

run "a_provider_of_another_region_does_not_split_it_from_its_stack" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { region = "us-east-1" }
  }

  expect_failures = [terraform_data.origin]
}

run "it_is_in_the_region_that_its_stack_was_given" {
  command = plan

  variables {
    alarm = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"] }
    face_compare = {
      bucket_name   = "face-compare-111122223333-eu-west-1"
      function_arn  = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
      function_name = "face-compare"
      origin = {
        account_id = "111122223333", dns_suffix = "amazonaws.com", partition = "aws", region = "eu-west-1"
      }
      prefixes = { manifests = "manifests/", results = "results/" }
      rate = {
        calls_per_batch = 195, calls_per_second = 16.333, function_timeout = 30, instances = 3
        pairs_per_batch = 195, rekognition_tps = 50
      }
      region    = "eu-west-1"
      role_name = "face-compare-eu-west-1"
    }
  }

  override_data {
    target = data.aws_region.current
    values = { region = "us-east-1" }
  }

  assert {
    condition = [
      aws_cloudwatch_log_group.batch.region, aws_cloudwatch_metric_alarm.failed_run[0].region,
      aws_sfn_state_machine.batch.region,
    ] == ["eu-west-1", "eu-west-1", "eu-west-1"]
    error_message = "Log group, alarm and state machine must be where the function is, not where the provider is."
  }
}

run "a_provider_of_another_account_is_refused" {
  command = plan

  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "444455556666" }
  }

  expect_failures = [terraform_data.origin]
}
