# Inputs that come and go on a stack in use: the bucket and its photos, the log group and its records
# stay what they are.

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

run "a_stack_in_use" {
  assert {
    condition     = length(aws_sqs_queue.upload) == 0
    error_message = "This test begins without uploads."
  }
}

run "uploads_and_a_larger_quota_are_taken_up_in_place" {
  command = plan

  variables {
    on_upload       = {}
    rekognition_tps = 50
  }

  # These are what no resource can change without being replaced; a mock does not know that.
  assert {
    condition = alltrue([
      output.bucket_name == "face-compare-111122223333-eu-west-1",
      output.function_name == "face-compare",
      output.log_group_name == "/aws/lambda/face-compare",
      output.role_name == "face-compare-eu-west-1",
    ])
    error_message = "Bucket, function, log group and role must keep their names."
  }

  # Of a resource at a new address the plan does not know these, and the test fails.
  assert {
    condition     = alltrue([for id in [aws_s3_bucket.image[0].id, aws_s3_bucket.image[0].bucket_domain_name] : id != ""])
    error_message = "The bucket must stay, with its photos."
  }

  assert {
    condition     = aws_cloudwatch_log_group.function.id != ""
    error_message = "The log group must stay, with its records."
  }

  assert {
    condition     = aws_lambda_function.compare.id != "" && aws_iam_role.function.unique_id != ""
    error_message = "Function and role must be changed, not replaced: whoever names them would lose them."
  }
}

run "and_so_they_are" {
  variables {
    on_upload       = {}
    rekognition_tps = 50
  }

  assert {
    condition     = length(aws_sqs_queue.upload) == 1
    error_message = "This test goes on with uploads."
  }
}

run "and_they_are_dropped_in_place" {
  command = plan

  # These are what no resource can change without being replaced; a mock does not know that.
  assert {
    condition = alltrue([
      output.bucket_name == "face-compare-111122223333-eu-west-1",
      output.function_name == "face-compare",
      output.log_group_name == "/aws/lambda/face-compare",
      output.role_name == "face-compare-eu-west-1",
    ])
    error_message = "Bucket, function, log group and role must keep their names."
  }

  # Of a resource at a new address the plan does not know these, and the test fails.
  assert {
    condition     = alltrue([for id in [aws_s3_bucket.image[0].id, aws_s3_bucket.image[0].bucket_domain_name] : id != ""])
    error_message = "The bucket must stay, with its photos."
  }

  assert {
    condition     = aws_cloudwatch_log_group.function.id != ""
    error_message = "The log group must stay, with its records."
  }

  assert {
    condition     = aws_lambda_function.compare.id != "" && aws_iam_role.function.unique_id != ""
    error_message = "Function and role must be changed, not replaced: whoever names them would lose them."
  }

  assert {
    condition     = length(aws_sqs_queue.upload) == 0
    error_message = "Without on_upload the queue must go."
  }
}
