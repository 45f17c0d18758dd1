# The module's own bucket: who can reach the photos, and how long they live.

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

run "nobody_can_make_the_photos_public" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.image[0].block_public_acls,
      aws_s3_bucket_public_access_block.image[0].block_public_policy,
      aws_s3_bucket_public_access_block.image[0].ignore_public_acls,
      aws_s3_bucket_public_access_block.image[0].restrict_public_buckets,
    ])
    error_message = "All four settings of the public access block must be on."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.image[0].rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "ACLs must be off, so that the policy alone says who reads."
  }
}

run "photos_never_travel_over_plain_http_or_old_tls" {
  command = plan

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.image[0].policy).Statement :
      statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "s3:*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
    ])
    error_message = "The bucket policy must deny every action over plain HTTP to everybody."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.image[0].policy).Statement :
      statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "s3:*" && try(statement.Condition.NumericLessThan["s3:TlsVersion"], "") == "1.2"
    ])
    error_message = "The bucket policy must deny every action over TLS below 1.2 to everybody."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.image[0].policy).Statement :
      toset(statement.Resource) == toset(["arn:aws:s3:::face-compare-111122223333-eu-west-1", "arn:aws:s3:::face-compare-111122223333-eu-west-1/*"]) if contains(["DenyPlainHttp", "DenyOldTls"], statement.Sid)
    ])
    error_message = "Both denials must cover the bucket and every object in it."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_s3_bucket_policy.image[0].policy).Statement : statement.Effect == "Deny"])
    error_message = "The bucket policy must grant nothing."
  }
}

run "nobody_can_put_photos_under_a_key_that_only_they_have" {
  command = plan

  assert {
    condition = one([
      for statement in jsondecode(aws_s3_bucket_policy.image[0].policy).Statement : jsonencode(statement) if statement.Sid == "DenyCustomerProvidedKeys"
      ]) == jsonencode({
      Sid       = "DenyCustomerProvidedKeys"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "arn:aws:s3:::face-compare-111122223333-eu-west-1/*"
      Condition = { Null = { "s3:x-amz-server-side-encryption-customer-algorithm" = "false" } }
    })
    error_message = "An upload that names a key of its own must be denied to everybody: Rekognition could not read it, nor the owner."
  }
}

run "photos_are_encrypted_at_rest_without_a_key_of_ones_own" {
  command = plan

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.image[0].rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Without kms_key_arn the bucket must use SSE-S3."
  }
}

run "an_overwritten_photo_can_be_brought_back" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.image[0].versioning_configuration[0].status == "Enabled"
    error_message = "Versioning must be on."
  }
}

run "challenge_photos_lists_and_results_do_not_stay_for_ever" {
  command = plan

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule :
      rule.filter[0].prefix => rule.expiration[0].days if length(rule.noncurrent_version_expiration) == 0
    } == { "challenge/" = 30, "manifests/" = 30, "results/" = 90 }
    error_message = "Challenge photos and lists of pairs must expire after 30 days and results after 90; nothing else may."
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule : rule.status == "Enabled"])
    error_message = "Every lifecycle rule must be enabled."
  }
}

run "reference_photos_stay_unless_told_otherwise" {
  command = plan

  assert {
    condition     = !contains([for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule : rule.filter[0].prefix if length(rule.noncurrent_version_expiration) == 0], "reference/")
    error_message = "No rule may expire reference photos by default."
  }
}

run "expired_photos_are_really_removed" {
  assert {
    # An absent prefix is the provider's to fill in: the mock makes one up.
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule : contains(values(var.bucket.prefixes), rule.filter[0].prefix)
      if length(rule.noncurrent_version_expiration) == 1
    ] == [false]
    error_message = "One rule must cover the whole bucket and remove what versioning hides."
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule : [
        rule.noncurrent_version_expiration[0].noncurrent_days,
        rule.abort_incomplete_multipart_upload[0].days_after_initiation,
        rule.expiration[0].expired_object_delete_marker,
      ] if length(rule.noncurrent_version_expiration) == 1
    ] == [[30, 1, true]]
    error_message = "Old versions must go after 30 days, unfinished uploads after 1, and delete markers when nothing is behind them."
  }
}

run "retention_follows_the_inputs" {
  command = plan

  variables {
    bucket = { expiry_days = {
      challenge         = 3
      incomplete_upload = 2
      manifests         = 6
      noncurrent        = 4
      reference         = 365
      results           = 5
      }, prefixes = {
      challenge = "in/"
      manifests = "lists/"
      reference = "people/known/"
      results   = "out/"
    } }
  }

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule :
      rule.filter[0].prefix => rule.expiration[0].days if length(rule.noncurrent_version_expiration) == 0
    } == { "in/" = 3, "lists/" = 6, "out/" = 5, "people/known/" = 365 }
    error_message = "Each prefix must expire after its own number of days."
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule :
      [rule.noncurrent_version_expiration[0].noncurrent_days, rule.abort_incomplete_multipart_upload[0].days_after_initiation]
      if length(rule.noncurrent_version_expiration) == 1
    ] == [[4, 2]]
    error_message = "Old versions and unfinished uploads must follow expiry_days."
  }
}

run "a_trial_can_be_thrown_away_with_its_photos" {
  command = plan

  variables {
    bucket = { force_destroy = true }
  }

  assert {
    condition     = aws_s3_bucket.image[0].force_destroy
    error_message = "bucket.force_destroy must reach the bucket."
  }
}
