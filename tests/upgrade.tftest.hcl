# Inputs that come and go on a stack in use: the bucket and its images, the log group and its records stay.

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

variables { name = "face-compare" }

run "a_stack_in_use" {
  assert {
    condition     = length(aws_sqs_queue.upload) == 0
    error_message = "This test begins without uploads."
  }
}

run "uploads_and_a_larger_quota_are_added_in_place" {
  command = plan

  variables {
    on_upload       = {}
    rekognition_tps = 50
  }

  # No resource can change these without being replaced; a mock does not know this.
  assert {
    condition = [output.bucket_name, output.function_name, output.log_group_name, output.role_name] == [
      "face-compare-111122223333-eu-west-1", "face-compare", "/aws/lambda/face-compare", "face-compare-eu-west-1",
    ]
    error_message = "Bucket, function, log group and role must keep their names."
  }

  # A plan does not know these of a resource at a new address, and then the test fails.
  assert {
    condition = alltrue([
      for id in [
        aws_s3_bucket.image[0].id, aws_s3_bucket.image[0].bucket_domain_name, aws_cloudwatch_log_group.function.id,
        aws_lambda_function.compare.id, aws_iam_role.function.unique_id,
      ] : id != ""
    ])
    error_message = "Bucket with images, log group with records, function and role must be changed, not replaced."
  }
}

run "the_stack_has_uploads" {
  variables {
    on_upload       = { max_attempts = 9 }
    rekognition_tps = 50
  }

  assert {
    condition     = one([for queue in aws_sqs_queue.upload : jsondecode(queue.redrive_policy).maxReceiveCount]) == 9
    error_message = "This test goes on with uploads, and on_upload.max_attempts must reach the queue."
  }
}

run "uploads_are_removed_in_place" {
  command = plan

  # As above.
  assert {
    condition = [output.bucket_name, output.function_name, output.log_group_name, output.role_name] == [
      "face-compare-111122223333-eu-west-1", "face-compare", "/aws/lambda/face-compare", "face-compare-eu-west-1",
    ]
    error_message = "Bucket, function, log group and role must keep their names."
  }

  assert {
    condition = alltrue([
      for id in [
        aws_s3_bucket.image[0].id, aws_s3_bucket.image[0].bucket_domain_name, aws_cloudwatch_log_group.function.id,
        aws_lambda_function.compare.id, aws_iam_role.function.unique_id,
      ] : id != ""
    ])
    error_message = "Bucket with images, log group with records, function and role must be changed, not replaced."
  }

  assert {
    condition     = length(aws_sqs_queue.upload) == 0
    error_message = "Without on_upload the queue must go."
  }
}
