# Uploads: bucket, queue, dead-letter queue, event source and rights; and what follows from the account's quota.

mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111122223333" } }
  mock_data "aws_partition" { defaults = { dns_suffix = "amazonaws.com", partition = "aws" } }
  mock_data "aws_region" { defaults = { region = "eu-west-1" } }
  mock_data "aws_s3_bucket" { defaults = { bucket_region = "eu-west-1" } }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/face-compare" }
  }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111122223333:role/face-compare-eu-west-1" } }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare" }
  }
  mock_resource "aws_sqs_queue" { defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:face-compare-mock" } }
}

variables {
  name            = "face-compare"
  on_upload       = {}
  rekognition_tps = 5
}

run "nothing_of_it_is_there_unless_asked_for" {
  command = plan

  variables { on_upload = null }

  assert {
    condition = sum([
      length(aws_lambda_event_source_mapping.upload),
      length(aws_s3_bucket_notification.upload),
      length(aws_sqs_queue.failed_upload),
      length(aws_sqs_queue.upload),
    ]) == 0
    error_message = "Without on_upload there must be no queue, no notification and no event source."
  }

  assert {
    condition = alltrue([
      for action in ["sqs:", "s3:PutObject"] : !strcontains(aws_iam_role_policy.function.policy, action)
    ])
    error_message = "Without on_upload the function must neither read queues nor write to the bucket."
  }

  assert {
    condition = alltrue([
      for value in [
        output.failed_uploads_queue_arn, output.failed_uploads_queue_url, output.retry_failed_uploads_command,
        output.retry_waiting_uploads_command, output.upload_notification, output.uploads_queue_arn,
        output.uploads_queue_url,
      ] : value == null
    ])
    error_message = "Outputs of what is not there must be null."
  }
}

run "only_this_bucket_can_announce_images" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_sqs_queue.upload[0].policy).Statement :
      [statement.Principal, statement.Action, statement.Resource, statement.Condition] if statement.Effect == "Allow"
      ] == [[
        { Service = "s3.amazonaws.com" },
        "sqs:SendMessage",
        "arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads",
        {
          ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::face-compare-111122223333-eu-west-1" }
          StringEquals = { "aws:SourceAccount" = "111122223333" }
        },
    ]]
    error_message = "Only S3, for this bucket of this account, may put messages into the queue."
  }

  assert {
    condition = alltrue([
      for queue in [aws_sqs_queue.upload[0], aws_sqs_queue.failed_upload[0]] : [
        for statement in jsondecode(queue.policy).Statement :
        [statement.Principal, statement.Action, statement.Resource, statement.Condition] if statement.Effect == "Deny"
        ] == [[
          "*", "sqs:*", "arn:aws:sqs:eu-west-1:111122223333:${queue.name}",
          { Bool = { "aws:SecureTransport" = "false" } },
      ]] && queue.sqs_managed_sse_enabled
    ])
    error_message = "Both queues must refuse plain HTTP, and encrypt with SSE-SQS if there is no kms_key_arn."
  }
}

run "a_topic_and_a_rule_can_announce_images_when_they_are_named" {
  command = plan

  variables {
    on_upload = {
      sender_arns = [
        "arn:aws:sns:eu-west-1:111122223333:images",
        "arn:aws:events:eu-west-1:111122223333:rule/images",
        "arn:aws:events:eu-west-1:111122223333:rule/a-bus/images",
      ]
    }
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_sqs_queue.upload[0].policy).Statement :
      [statement.Sid, statement.Principal, statement.Action, statement.Resource, statement.Condition.ArnEquals]
      if statement.Effect == "Allow" && statement.Sid != "AnnouncedByBucket"
      ]) == jsonencode([
      [
        "AnnouncedByRules", { Service = "events.amazonaws.com" }, "sqs:SendMessage",
        "arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads",
        { "aws:SourceArn" = slice(var.on_upload.sender_arns, 1, 3) },
      ],
      [
        "AnnouncedByTopics", { Service = "sns.amazonaws.com" }, "sqs:SendMessage",
        "arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads",
        { "aws:SourceArn" = slice(var.on_upload.sender_arns, 0, 1) },
      ],
    ])
    error_message = "Each service may pass on what the named topics and rules announce, and nothing else."
  }

  assert {
    condition = contains([
      for statement in jsondecode(aws_sqs_queue.upload[0].policy).Statement : statement.Sid
    ], "AnnouncedByBucket")
    error_message = "The bucket must still be able to announce images."
  }
}

run "uploaded_images_are_announced_where_the_prefixes_say_and_retried_one_by_one" {
  command = plan

  variables {
    bucket = { prefixes = { challenge = "in/", reference = "people/known/", results = "out/" } }
    tags   = { "Cost é_.:/=+-@1" = "4 é_.:/=+-@" }
  }

  assert {
    condition = [
      for each in aws_s3_bucket_notification.upload :
      [each.eventbridge, [for queue in each.queue : [queue.filter_prefix, queue.filter_suffix, queue.events]]]
      ] == [[
        true,
        [
          for filter in [["in/", ""], ["people/known/", ""], ["out/", ".retry"]] :
          [filter[0], filter[1], toset(["s3:ObjectCreated:*"])]
        ],
    ]]
    error_message = "The queue must hear of images, references and retries only, and consumers of results."
  }

  assert {
    condition     = jsondecode(output.result_event_pattern).detail.object.key == [{ wildcard = "out/*.json" }]
    error_message = "The event pattern must follow bucket.prefixes."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Resource
      if contains(["ReadImages", "WriteResults"], statement.Sid)
      ])) == toset([
      for path in ["people/known/*", "in/*", "out/*.json", "out/*.json.claim", "out/*.retry", "out/*.waiting"] :
      "arn:aws:s3:::face-compare-111122223333-eu-west-1/${path}"
    ])
    error_message = "The function's rights must follow bucket.prefixes."
  }

  assert {
    condition = [
      for each in aws_lambda_event_source_mapping.upload : each.function_response_types
    ] == [toset(["ReportBatchItemFailures"])]
    error_message = "One bad image must not bring its whole batch back: the event source must take partial answers."
  }

  assert {
    condition = alltrue([
      for tags in [
        aws_cloudwatch_log_group.function.tags,
        aws_iam_role.function.tags,
        aws_lambda_event_source_mapping.upload[0].tags,
        aws_lambda_function.compare.tags,
        aws_s3_bucket.image[0].tags,
        aws_sqs_queue.failed_upload[0].tags,
        aws_sqs_queue.upload[0].tags,
      ] : tags == tomap({ "Cost é_.:/=+-@1" = "4 é_.:/=+-@" })
    ])
    error_message = "Log group, role, function, event source, bucket and queues must carry var.tags."
  }
}

run "the_function_may_do_what_uploads_take_and_no_more" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      statement.Sid => [toset(flatten([statement.Action])), toset(flatten([statement.Resource]))]
      if !contains(["CompareFaces", "ReadImages", "DistinguishMissingImages", "WriteLogs"], statement.Sid)
      } == {
      ReceiveUploads = [
        toset(["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]),
        toset(["arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads"]),
      ]
      WriteResults = [toset(["s3:GetObject", "s3:PutObject"]), toset([
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/*.json",
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/*.json.claim",
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/*.retry",
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/*.waiting",
      ])]
    }
    error_message = "Uploads take reading one queue and writing below results/: two statements and no other."
  }
}

run "the_whole_default_quota_is_used_in_a_region_with_a_large_one" {
  command = plan

  variables {
    rekognition_tps = null
  }

  assert {
    condition     = [output.rate.rekognition_tps, output.rate.instances, output.rate.calls_per_second] == [100, 4, 24.5]
    error_message = "Without rekognition_tps, the default quota of eu-west-1 must be used: 100 calls per second."
  }

  assert {
    condition     = output.settings.comparison.concurrency == 30
    error_message = "30 comparisons at once, each of 0.3 s, start 100 calls per second."
  }

  assert {
    condition = [for name, region in local.regions : name if region.rekognition_tps != 25] == [
      "eu-west-1", "us-east-1", "us-west-2",
    ]
    error_message = "AWS gives these three regions another default quota than the others."
  }
}

run "the_default_quota_is_not_exceeded_in_a_region_with_a_small_one" {
  command = plan

  variables {
    rekognition_tps = null
  }

  override_data {
    target = data.aws_region.current
    values = { region = "eu-central-1" }
  }

  assert {
    condition     = [output.rate.rekognition_tps, output.rate.instances, output.rate.calls_per_second] == [25, 2, 12.25]
    error_message = "Without rekognition_tps, the default quota of eu-central-1 must be used: 25 calls per second."
  }

  assert {
    condition     = output.settings.comparison.concurrency == 7
    error_message = "7 comparisons at once, each of 0.3 s, start 23 calls per second; 8 would exceed the quota."
  }
}

run "the_default_quota_of_a_new_region_is_not_exceeded" {
  command = plan

  variables {
    allow_unlisted_region = true
    rekognition_tps       = null
  }

  override_data {
    target = data.aws_region.current
    values = { region = "eu-north-1" }
  }

  assert {
    condition     = output.rate.rekognition_tps == 25
    error_message = "A region that is not listed yet must count as one of those with the smaller quota."
  }
}

run "a_given_quota_is_used_and_not_exceeded" {
  command = plan

  assert {
    condition = jsonencode(output.rate) == jsonencode({
      calls_per_batch      = 29
      calls_per_second     = 2.45
      function_timeout     = 30
      instances            = 2
      pairs_per_batch      = 29
      rekognition_tps      = 5
      reserved_concurrency = null
      uploads_per_batch    = 29
      visibility_timeout   = 181
      workers              = 5
    })
    error_message = "At 5 calls per second: 2 instances, 2.45 calls per second each, batches of 29 that end in 12 s."
  }

  assert {
    condition     = output.settings.comparison.concurrency == 5
    error_message = "A request with several images must run 5 comparisons at once, also with a small quota."
  }
}

run "a_larger_quota_takes_more_instances_and_the_event_source_follows" {
  command = plan

  variables { rekognition_tps = 50 }

  assert {
    condition = [
      output.rate.instances, output.rate.calls_per_second, output.rate.workers, output.rate.uploads_per_batch,
      output.rate.visibility_timeout,
    ] == [2, 24.5, 38, 294, 181]
    error_message = "At 50 calls per second: 2 instances, 24.5 calls per second each."
  }

  assert {
    # More than 10 messages per batch need a window. An image stays invisible for six timeouts and the window.
    condition = [
      one(aws_lambda_event_source_mapping.upload[0].scaling_config).maximum_concurrency,
      aws_lambda_event_source_mapping.upload[0].batch_size,
      aws_lambda_event_source_mapping.upload[0].maximum_batching_window_in_seconds,
      aws_sqs_queue.upload[0].visibility_timeout_seconds,
    ] == [2, 294, 1, 181]
    error_message = "Concurrency, batches and times of event source and queue must be those of rate.tf."
  }
}

run "a_smaller_function_does_less_per_second" {
  command = plan

  variables {
    function        = { memory_size = 128 }
    rekognition_tps = 50
  }

  assert {
    condition     = [output.rate.instances, output.rate.calls_per_second] == [7, 7]
    error_message = "128 MB have a quarter of the CPU of 512 MB: an instance sustains 7.5 calls per second, not 30."
  }
}

run "several_references_make_batches_smaller" {
  command = plan

  variables { on_upload = { references_per_subject = 4 } }

  assert {
    condition = [
      output.rate.calls_per_batch, output.rate.uploads_per_batch,
      output.rate.pairs_per_batch, output.rate.visibility_timeout,
    ] == [29, 7, 29, 180]
    error_message = "An upload costs one call per reference image; a pair of a list still costs one."
  }
}

run "an_upload_that_no_invocation_has_time_for_is_refused" {
  command = plan

  variables { on_upload = { references_per_subject = 30 } }

  expect_failures = [aws_lambda_event_source_mapping.upload]
}

run "with_the_timeout_that_the_message_names_it_is_taken" {
  command = plan

  variables {
    function  = { timeout = 31 }
    on_upload = { references_per_subject = 30 }
  }

  assert {
    condition     = output.rate.uploads_per_batch == 1
    error_message = "30 calls at 2.45 per second fit into 40 % of 31 s."
  }
}

run "an_image_waits_five_minutes_for_its_reference_by_default" {
  command = plan

  assert {
    condition     = aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_REFERENCE_WAIT_MINUTES == "5"
    error_message = "The function must let an image wait for five minutes, as docs/reference.md says."
  }
}

run "a_longer_wait_than_the_queue_retries_is_refused" {
  command = plan

  variables { on_upload = { reference_wait_minutes = 13 } }

  expect_failures = [aws_lambda_event_source_mapping.upload]
}

run "with_the_attempts_that_the_message_names_it_is_taken" {
  command = plan

  # 4 retries of 181 s are 12 minutes; 5 are 15.
  variables { on_upload = { max_attempts = 6, reference_wait_minutes = 15 } }

  assert {
    condition     = aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_REFERENCE_WAIT_MINUTES == "15"
    error_message = "The function must let an image wait as long as the input says."
  }
}

run "an_image_need_not_wait_and_may_wait_as_long_as_the_queue_keeps_it" {
  command = plan

  variables { on_upload = { max_attempts = 1000, reference_wait_minutes = 3000 } }

  assert {
    condition     = aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_REFERENCE_WAIT_MINUTES == "3000"
    error_message = "A wait of two days must be possible, with enough attempts."
  }
}

run "fewer_instances_than_the_quota_takes_do_not_send_images_to_the_dead_letter_queue" {
  command = plan

  variables { function = { reserved_concurrency = 1 } }

  expect_failures = [aws_lambda_event_source_mapping.upload]
}

run "what_cannot_be_compared_is_kept_and_consumers_see_results" {
  variables { bucket = { existing = { name = "their-images" } } }

  assert {
    condition = [
      jsondecode(aws_sqs_queue.upload[0].redrive_policy),
      jsondecode(aws_sqs_queue.failed_upload[0].redrive_allow_policy),
      ] == [
      { deadLetterTargetArn = aws_sqs_queue.failed_upload[0].arn, maxReceiveCount = 5 },
      {
        redrivePermission = "byQueue"
        sourceQueueArns   = ["arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads"]
      },
    ]
    error_message = "After five attempts an upload must go to the dead-letter queue, which no other queue may use."
  }

  assert {
    condition = [
      aws_sqs_queue.failed_upload[0].message_retention_seconds, aws_sqs_queue.upload[0].message_retention_seconds,
    ] == [14 * 86400, 10 * 86400]
    error_message = "SQS counts from the upload: the dead-letter queue must keep a message days longer than the queue."
  }

  assert {
    condition = output.retry_failed_uploads_command == (
      "aws sqs start-message-move-task --region eu-west-1 --source-arn ${aws_sqs_queue.failed_upload[0].arn}"
    )
    error_message = "The command must move what is in the dead-letter queue back."
  }

  assert {
    condition = output.upload_notification == {
      eventbridge = true
      events      = ["s3:ObjectCreated:*"]
      filters = [
        { filter_prefix = "challenge/", filter_suffix = "" },
        { filter_prefix = "reference/", filter_suffix = "" },
        { filter_prefix = "results/", filter_suffix = ".retry" },
      ]
      queue_arn = aws_sqs_queue.upload[0].arn
    }
    error_message = "The owner of an existing bucket must be told queue, events, filters and EventBridge."
  }

  assert {
    condition = jsondecode(output.result_event_pattern) == {
      source        = ["aws.s3"]
      "detail-type" = ["Object Created"]
      detail = {
        bucket = { name = ["their-images"] }
        object = { key = [{ wildcard = "results/*.json" }] }
      }
    }
    error_message = "The pattern must match the results of this bucket, and no claims: they end in .claim."
  }
}

# After the run above, which applies.
run "without_their_bucket_the_function_does_not_look_for_images_in_an_empty_one" {
  command = plan

  expect_failures = [terraform_data.origin]
}
