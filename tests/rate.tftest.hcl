# What follows from the account's quota: one number in, every limit out.

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
  name = "face-compare"
}

run "the_lowest_quota_is_used_and_not_exceeded" {
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
    error_message = "At 5 calls a second: 2 instances, 2.45 calls a second each, batches of 29 that end within 12 s."
  }
}

run "a_larger_quota_takes_more_instances" {
  command = plan

  variables {
    rekognition_tps = 50
  }

  assert {
    condition     = [output.rate.instances, output.rate.calls_per_second, output.rate.workers, output.rate.uploads_per_batch] == [3, 16.333, 26, 195]
    error_message = "At 50 calls a second: 3 instances, 16.333 calls a second each."
  }
}

run "the_largest_quota_keeps_every_service_within_its_limits" {
  command = plan

  variables {
    function        = { timeout = 900 }
    on_upload       = {}
    rekognition_tps = 1000
  }

  assert {
    condition     = [output.rate.instances, output.rate.uploads_per_batch, output.rate.pairs_per_batch, output.rate.visibility_timeout] == [50, 1000, 200, 5401]
    error_message = "An event source takes at most 1000 messages a batch, and Step Functions 256 KiB of answer."
  }
}

run "the_smallest_quota_still_gets_through" {
  command = plan

  variables {
    function        = { timeout = 15 }
    on_upload       = {}
    rekognition_tps = 1
  }

  assert {
    condition     = [output.rate.instances, output.rate.calls_per_second, output.rate.workers, output.rate.uploads_per_batch, output.rate.visibility_timeout] == [2, 0.49, 2, 2, 90]
    error_message = "At 1 call a second every invocation must have time for an upload."
  }
}

run "all_instances_together_stay_below_the_quota_and_above_95_percent" {
  command = plan

  variables {
    rekognition_tps = 997
  }

  assert {
    condition     = output.rate.instances * output.rate.calls_per_second <= 0.98 * 997 && output.rate.instances * output.rate.calls_per_second > 0.97 * 997
    error_message = "Rounding must neither exceed the quota nor waste it."
  }
}

run "a_smaller_function_does_less_a_second" {
  command = plan

  variables {
    function        = { memory_size = 128 }
    rekognition_tps = 50
  }

  assert {
    condition     = [output.rate.instances, output.rate.calls_per_second] == [10, 4.9]
    error_message = "128 MB have a quarter of the CPU of 512 MB: the quota takes four times the instances."
  }
}

run "a_larger_one_does_not_do_more" {
  command = plan

  variables {
    function        = { memory_size = 1769 }
    rekognition_tps = 50
  }

  assert {
    condition     = output.rate.instances == 3
    error_message = "More memory must not be counted on."
  }
}

run "several_references_make_batches_smaller" {
  command = plan

  variables {
    on_upload = { references_per_subject = 4 }
  }

  assert {
    condition     = [output.rate.calls_per_batch, output.rate.uploads_per_batch, output.rate.pairs_per_batch, output.rate.visibility_timeout] == [29, 7, 29, 180]
    error_message = "An upload costs a call for each reference photo; a pair of a list still costs one."
  }
}

run "an_upload_that_no_invocation_has_time_for_is_refused" {
  command = plan

  variables {
    on_upload = { references_per_subject = 30 }
  }

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
    error_message = "30 calls at 2.45 a second fit into 40 % of 31 s."
  }
}

run "fewer_instances_than_the_quota_takes_do_not_send_photos_to_the_dead_letter_queue" {
  command = plan

  variables {
    function  = { reserved_concurrency = 1 }
    on_upload = {}
  }

  expect_failures = [aws_lambda_event_source_mapping.upload]
}

run "without_uploads_one_instance_is_enough" {
  command = plan

  variables {
    function = { reserved_concurrency = 1 }
  }

  assert {
    condition     = aws_lambda_function.compare.reserved_concurrent_executions == 1
    error_message = "Who only invokes directly may reserve as little as they want."
  }
}

run "the_event_source_keeps_to_what_was_derived" {
  command = plan

  variables {
    on_upload       = {}
    rekognition_tps = 50
  }

  assert {
    condition     = one(aws_lambda_event_source_mapping.upload[0].scaling_config).maximum_concurrency == 3 && aws_lambda_event_source_mapping.upload[0].batch_size == 195 && aws_lambda_event_source_mapping.upload[0].maximum_batching_window_in_seconds == 1
    error_message = "Concurrency and batches of the event source must be those of rate.tf; more than 10 a batch needs a window."
  }

  assert {
    condition     = aws_sqs_queue.upload[0].visibility_timeout_seconds == 181
    error_message = "A photo must stay invisible for six timeouts and the window, or it is compared twice."
  }
}
