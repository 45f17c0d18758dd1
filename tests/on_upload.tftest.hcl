# Photos that arrive by themselves: bucket, queue, dead-letter queue, event source, rights.

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
    defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:face-compare-mock" }
  }
}

variables {
  name      = "face-compare"
  on_upload = {}
}

run "nothing_of_it_is_there_unless_asked_for" {
  command = plan

  variables {
    on_upload = null
  }

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
    condition     = !strcontains(aws_iam_role_policy.function.policy, "sqs:") && !strcontains(aws_iam_role_policy.function.policy, "s3:PutObject")
    error_message = "Without on_upload the function must neither read queues nor write to the bucket."
  }

  assert {
    condition     = output.uploads_queue_arn == null && output.uploads_queue_url == null && output.failed_uploads_queue_arn == null && output.failed_uploads_queue_url == null && output.retry_failed_uploads_command == null && output.upload_notification == null
    error_message = "Outputs of what is not there must be null."
  }
}

run "a_photo_put_below_challenge_is_announced" {
  command = plan

  assert {
    condition     = one(aws_s3_bucket_notification.upload[0].queue).filter_prefix == "challenge/" && one(aws_s3_bucket_notification.upload[0].queue).events == toset(["s3:ObjectCreated:*"])
    error_message = "Every new object below challenge/ must be announced, and nothing else: a result would set off the next comparison."
  }

  assert {
    condition     = aws_s3_bucket_notification.upload[0].eventbridge
    error_message = "Consumers of results wait at EventBridge."
  }
}

run "only_this_bucket_can_announce_photos" {
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
    error_message = "S3 alone, for this bucket of this account alone, may put messages into the queue."
  }
}

run "messages_never_travel_over_plain_http_nor_lie_in_the_clear" {
  command = plan

  assert {
    condition = alltrue([
      for queue in [aws_sqs_queue.upload[0], aws_sqs_queue.failed_upload[0]] : anytrue([
        for statement in jsondecode(queue.policy).Statement :
        statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "sqs:*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false" && endswith(statement.Resource, ":${queue.name}")
      ])
    ])
    error_message = "Both queues must refuse plain HTTP."
  }

  assert {
    condition     = aws_sqs_queue.upload[0].sqs_managed_sse_enabled && aws_sqs_queue.failed_upload[0].sqs_managed_sse_enabled
    error_message = "Without kms_key_arn both queues must use SSE-SQS."
  }
}

run "what_cannot_be_compared_is_kept" {
  assert {
    condition     = jsondecode(aws_sqs_queue.upload[0].redrive_policy) == { deadLetterTargetArn = aws_sqs_queue.failed_upload[0].arn, maxReceiveCount = 5 }
    error_message = "After five tries an upload must go to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.failed_upload[0].redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads"] }
    error_message = "No other queue may use this dead-letter queue."
  }

  assert {
    condition     = aws_sqs_queue.failed_upload[0].message_retention_seconds == 1209600 && aws_sqs_queue.failed_upload[0].message_retention_seconds - aws_sqs_queue.upload[0].message_retention_seconds >= 4 * 86400
    error_message = "SQS counts from the photo's arrival: the dead-letter queue must keep a message days longer than the queue."
  }

  assert {
    condition     = output.retry_failed_uploads_command == "aws sqs start-message-move-task --region eu-west-1 --source-arn ${aws_sqs_queue.failed_upload[0].arn}"
    error_message = "The command must move what is in the dead-letter queue back."
  }
}

run "how_often_an_upload_is_tried_follows_the_input" {
  variables {
    on_upload = { max_attempts = 9 }
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.upload[0].redrive_policy).maxReceiveCount == 9
    error_message = "on_upload.max_attempts must reach the queue."
  }
}

run "one_bad_photo_does_not_bring_its_whole_batch_back" {
  command = plan

  assert {
    condition     = aws_lambda_event_source_mapping.upload[0].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "The event source must take partial answers."
  }
}

run "the_function_may_do_what_uploads_take_and_no_more" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Sid => [toset(flatten([statement.Action])), toset(flatten([statement.Resource]))]
      if contains(["ReceiveUploads", "WriteResults"], statement.Sid)
      } == {
      ReceiveUploads = [toset(["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]), toset(["arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads"])]
      WriteResults   = [toset(["s3:GetObject", "s3:PutObject"]), toset(["arn:aws:s3:::face-compare-111122223333-eu-west-1/results/*.json", "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/*.json.claim"])]
    }
    error_message = "Uploads take reading one queue and writing below results/."
  }

  assert {
    condition     = toset([for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Sid]) == toset(["CompareFaces", "ReadPhotos", "ReceiveUploads", "TellMissingFromForbidden", "WriteLogs", "WriteResults"])
    error_message = "on_upload must add two statements and no other."
  }
}

run "prefixes_reach_notification_rights_and_events" {
  command = plan

  variables {
    bucket = { prefixes = { challenge = "in/", results = "out/" } }
  }

  assert {
    condition     = one(aws_s3_bucket_notification.upload[0].queue).filter_prefix == "in/" && strcontains(aws_iam_role_policy.function.policy, "face-compare-111122223333-eu-west-1/out/*") && jsondecode(output.result_event_pattern).detail.object.key == [{ wildcard = "out/*.json" }]
    error_message = "Notification, rights and event pattern must follow var.prefixes."
  }
}

run "consumers_see_results_of_this_bucket_and_no_claims" {
  command = plan

  assert {
    condition = jsondecode(output.result_event_pattern) == {
      source        = ["aws.s3"]
      "detail-type" = ["Object Created"]
      detail = {
        bucket = { name = ["face-compare-111122223333-eu-west-1"] }
        object = { key = [{ wildcard = "results/*.json" }] }
      }
    }
    error_message = "The pattern must match the results of this bucket; a claim ends in .claim."
  }
}

run "one_customer_key_covers_the_queues_too" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = aws_sqs_queue.upload[0].kms_master_key_id == var.kms_key_arn && aws_sqs_queue.failed_upload[0].kms_master_key_id == var.kms_key_arn
    error_message = "Both queues must use the key that was given."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      statement.Sid => [toset(flatten([statement.Action])), statement.Resource, statement.Condition] if contains(["DecryptUploads", "EncryptResults"], statement.Sid)
      } == {
      DecryptUploads = [toset(["kms:Decrypt"]), var.kms_key_arn, {
        StringEquals = {
          "kms:EncryptionContext:aws:sqs:arn" = "arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads"
          "kms:ViaService"                    = "sqs.eu-west-1.amazonaws.com"
        }
      }]
      EncryptResults = [toset(["kms:Decrypt", "kms:GenerateDataKey"]), var.kms_key_arn, {
        StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" }
        StringLike = {
          "kms:EncryptionContext:aws:s3:arn" = ["arn:aws:s3:::face-compare-111122223333-eu-west-1", "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/*"]
        }
      }]
    }
    error_message = "The key must be usable for this queue's messages and this bucket's results only, each through its own service."
  }
}

run "of_an_existing_bucket_nothing_is_touched" {
  command = plan

  variables {
    bucket = { existing = { name = "their-photos" } }
  }

  assert {
    condition     = length(aws_s3_bucket_notification.upload) == 0
    error_message = "A bucket has one notification configuration; writing it would drop its owner's."
  }

  assert {
    condition     = strcontains(aws_sqs_queue.upload[0].policy, "arn:aws:s3:::their-photos")
    error_message = "The existing bucket must be let into the queue."
  }
}

run "and_its_owner_is_told_what_to_wire" {
  variables {
    bucket = { existing = { name = "their-photos" } }
  }

  assert {
    condition = output.upload_notification == {
      eventbridge   = true
      events        = ["s3:ObjectCreated:*"]
      filter_prefix = "challenge/"
      queue_arn     = aws_sqs_queue.upload[0].arn
    }
    error_message = "upload_notification must say queue, events, prefix and EventBridge."
  }
}
