# A bucket that somebody else owns: used, never touched.

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
  name   = "face-compare"
  bucket = { existing = { name = "their-photos" } }
}

run "nothing_of_an_existing_bucket_is_touched" {
  command = plan

  assert {
    condition = sum([
      length(aws_s3_bucket.image),
      length(aws_s3_bucket_lifecycle_configuration.image),
      length(aws_s3_bucket_ownership_controls.image),
      length(aws_s3_bucket_policy.image),
      length(aws_s3_bucket_public_access_block.image),
      length(aws_s3_bucket_server_side_encryption_configuration.image),
      length(aws_s3_bucket_versioning.image),
    ]) == 0
    error_message = "With existing_bucket the module must create no bucket resource of any kind."
  }
}

run "the_function_reads_the_existing_bucket" {
  command = plan

  assert {
    condition     = aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_BUCKET == "their-photos" && output.bucket_name == "their-photos" && output.bucket_arn == "arn:aws:s3:::their-photos"
    error_message = "Function and outputs must name the existing bucket."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Resource if statement.Sid == "ReadPhotos"
    ])) == toset(["arn:aws:s3:::their-photos/reference/*", "arn:aws:s3:::their-photos/challenge/*"])
    error_message = "The role must read the two prefixes of the existing bucket, and nothing else."
  }
}

run "a_bucket_in_another_region_is_refused_before_anything_is_made" {
  command = plan

  override_data {
    target = data.aws_s3_bucket.existing
    values = { bucket_region = "us-east-1" }
  }

  expect_failures = [data.aws_s3_bucket.existing]
}

run "a_bucket_made_in_the_same_apply_can_be_handed_in" {
  command = plan

  module {
    source = "./tests/fixtures/unknown_inputs"
  }
}

run "and_it_is_used_once_its_name_is_known" {
  module {
    source = "./tests/fixtures/unknown_inputs"
  }

  assert {
    condition     = one(output.existing_bucket_names) == "bucket-known-later"
    error_message = "The name that became known at apply must reach the module's outputs."
  }
}
