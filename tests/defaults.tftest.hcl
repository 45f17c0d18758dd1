# What a consumer gets who gives nothing but a name.

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

run "a_name_is_enough_for_a_working_stack" {
  command = plan

  assert {
    condition     = length(aws_s3_bucket.image) == 1 && length(data.aws_s3_bucket.existing) == 0
    error_message = "Without existing_bucket the module must create its own bucket."
  }

  assert {
    condition     = aws_lambda_function.compare.function_name == "face-compare"
    error_message = "The function must bear the name that was given."
  }
}

run "photos_are_not_deleted_by_an_unlucky_destroy" {
  command = plan

  assert {
    condition     = !aws_s3_bucket.image[0].force_destroy
    error_message = "force_destroy must be off unless asked for."
  }
}

run "a_wrapper_may_pass_null_for_every_optional_input" {
  command = plan

  variables {
    bucket          = null
    comparison      = null
    function        = null
    kms_key_arn     = null
    on_upload       = null
    rekognition_tps = null
    role            = null
    tags            = null
  }

  assert {
    condition     = aws_lambda_function.compare.timeout == 30 && aws_cloudwatch_log_group.function.retention_in_days == 90 && length(aws_s3_bucket.image) == 1
    error_message = "null must mean the default."
  }
}

run "tags_reach_everything_that_takes_them" {
  command = plan

  variables {
    on_upload = {}
    tags      = { cost-centre = "42" }
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
      ] : tags == tomap({ cost-centre = "42" })
    ])
    error_message = "Log group, role, function, event source, bucket and queues must carry var.tags."
  }
}

run "the_published_example_works_as_it_stands" {
  command = plan

  module {
    source = "./examples/minimal"
  }

  assert {
    condition     = output.bucket_name == "face-compare-111122223333-eu-west-1" && output.function_name == "face-compare" && output.log_group_name == "/aws/lambda/face-compare"
    error_message = "examples/minimal must plan as published and hand on its outputs."
  }
}
