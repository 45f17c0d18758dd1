# Names: none overflows, none collides.

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
}

variables {
  name = "face-compare"
}

run "the_longest_name_fits_in_the_longest_region" {
  command = plan

  variables {
    name = "abcdefghijklmnopqrstuvwxyz-12345678"
  }

  override_data {
    target = data.aws_region.current
    values = { region = "ap-northeast-1" }
  }

  assert {
    condition     = length(var.name) == 35 && length(aws_s3_bucket.image[0].bucket) == 63
    error_message = "A name of 35 characters must give a bucket name of at most 63."
  }

  assert {
    condition     = length(aws_iam_role.function.name) <= 64 && length(aws_lambda_function.compare.function_name) <= 64
    error_message = "Names of roles and functions end at 64 characters."
  }
}

run "the_same_name_works_in_two_regions_of_one_account" {
  command = plan

  assert {
    condition     = aws_iam_role.function.name == "face-compare-eu-west-1" && aws_s3_bucket.image[0].bucket == "face-compare-111122223333-eu-west-1"
    error_message = "What is global (role, bucket) must carry the region in its name."
  }
}

run "the_log_group_is_the_one_lambda_would_use" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.function.name == "/aws/lambda/${aws_lambda_function.compare.function_name}"
    error_message = "Consoles and tools look for /aws/lambda/<function>."
  }
}
