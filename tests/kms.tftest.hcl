# One customer key for photos and logs.

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
  name        = "face-compare"
  kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}

run "photos_are_encrypted_with_the_customers_key" {
  command = plan

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.image[0].rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
    error_message = "With kms_key_arn the bucket must use SSE-KMS."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.image[0].rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "The bucket must use the key that was given."
  }
}

run "each_photo_does_not_cost_a_kms_call" {
  command = plan

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.image[0].rule).bucket_key_enabled
    error_message = "With a customer key the bucket key must be on."
  }
}

run "decisions_are_logged_under_the_customers_key" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.function.kms_key_id == var.kms_key_arn
    error_message = "The log group must use the key that was given."
  }
}

run "the_function_decrypts_photos_and_nothing_else" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : [statement.Effect, statement.Action, statement.Resource] if statement.Sid == "DecryptPhotos"
    ] == [["Allow", "kms:Decrypt", var.kms_key_arn]]
    error_message = "The role must be allowed kms:Decrypt, and only that, on the given key."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Condition.StringEquals["kms:ViaService"] if statement.Sid == "DecryptPhotos"
    ] == ["s3.eu-west-1.amazonaws.com"]
    error_message = "The key must be usable through S3 of this region only."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : toset(statement.Condition.StringLike["kms:EncryptionContext:aws:s3:arn"]) if statement.Sid == "DecryptPhotos"
      ] == [toset([
        "arn:aws:s3:::face-compare-111122223333-eu-west-1",
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/challenge/*",
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/reference/*",
    ])]
    error_message = "The key must be usable for this bucket's photos only."
  }
}

run "without_a_key_the_role_has_no_kms_right" {
  command = plan

  variables {
    kms_key_arn = null
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function.policy, "kms:")
    error_message = "Without kms_key_arn the policy must not mention KMS."
  }
}

run "a_key_in_another_region_is_refused_before_anything_is_made" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  expect_failures = [aws_cloudwatch_log_group.function]
}

run "a_key_made_in_the_same_apply_can_be_handed_in" {
  command = plan

  module {
    source = "./tests/fixtures/unknown_inputs"
  }
}
