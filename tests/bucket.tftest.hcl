# The bucket: who can reach the images, how long they live, and what happens to a bucket that exists already.

# OpenTofu has no shared mock file, so each test file holds the values whose form a policy, a condition or another
# resource depends on.
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

variables { name = "face-compare" }

run "nobody_can_make_the_images_public" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_ownership_controls.image[0].rule[0].object_ownership == "BucketOwnerEnforced",
      aws_s3_bucket_public_access_block.image[0].block_public_acls,
      aws_s3_bucket_public_access_block.image[0].block_public_policy,
      aws_s3_bucket_public_access_block.image[0].ignore_public_acls,
      aws_s3_bucket_public_access_block.image[0].restrict_public_buckets,
      aws_s3_bucket_public_access_block.image[0].skip_destroy,
    ])
    error_message = "ACLs must be off, and the public access block on, also after a destroy that S3 refused."
  }
}

run "images_never_travel_over_plain_http_or_old_tls_nor_under_a_key_of_the_uploader" {
  command = plan

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_s3_bucket_policy.image[0].policy).Statement :
      [statement.Effect, statement.Principal, statement.Action, flatten([statement.Resource]), statement.Condition]
      ]) == jsonencode([
      ["Deny", "*", "s3:*", [
        "arn:aws:s3:::face-compare-111122223333-eu-west-1", "arn:aws:s3:::face-compare-111122223333-eu-west-1/*",
      ], { Bool = { "aws:SecureTransport" = "false" } }],
      ["Deny", "*", "s3:*", [
        "arn:aws:s3:::face-compare-111122223333-eu-west-1", "arn:aws:s3:::face-compare-111122223333-eu-west-1/*",
      ], { NumericLessThan = { "s3:TlsVersion" = "1.2" } }],
      # Neither Rekognition nor the owner could read the image.
      ["Deny", "*", "s3:PutObject", [
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/*",
      ], { Null = { "s3:x-amz-server-side-encryption-customer-algorithm" = "false" } }],
    ])
    error_message = "The bucket policy must deny this to everybody, and grant nothing."
  }
}

run "images_are_encrypted_and_survive_an_overwrite_and_a_destroy" {
  command = plan

  assert {
    condition = [
      one(flatten([
        for rule in aws_s3_bucket_server_side_encryption_configuration.image[0].rule :
        rule.apply_server_side_encryption_by_default
      ])).sse_algorithm,
      aws_s3_bucket_versioning.image[0].versioning_configuration[0].status,
      tostring(aws_s3_bucket.image[0].force_destroy),
    ] == ["AES256", "Enabled", "false"]
    error_message = "Defaults: SSE-S3, versioning, and no destroy of a bucket with images in it."
  }
}

run "challenge_images_lists_and_results_do_not_stay_forever" {
  command = plan

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule :
      rule.filter[0].prefix => [rule.expiration[0].days, rule.status] if length(rule.noncurrent_version_expiration) == 0
    } == { "challenge/" = [30, "Enabled"], "manifests/" = [30, "Enabled"], "results/" = [90, "Enabled"] }
    error_message = "Challenge images and lists must expire after 30 days, results after 90, references never."
  }
}

run "retention_follows_the_inputs" {
  command = plan

  variables {
    bucket = {
      expiry_days = {
        challenge         = 3
        incomplete_upload = 2
        manifests         = 6
        noncurrent        = 4
        reference         = 365
        results           = 5
      }
      force_destroy = true
      prefixes      = { challenge = "in/", manifests = "lists/", reference = "people/known/", results = "out/" }
    }
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
      for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule : [
        rule.noncurrent_version_expiration[0].noncurrent_days,
        rule.abort_incomplete_multipart_upload[0].days_after_initiation,
      ] if length(rule.noncurrent_version_expiration) == 1
    ] == [[4, 2]]
    error_message = "Old versions and unfinished uploads must follow bucket.expiry_days."
  }

  assert {
    condition     = aws_s3_bucket.image[0].force_destroy
    error_message = "bucket.force_destroy must reach the bucket: a trial is thrown away with its images."
  }
}

run "nothing_of_an_existing_bucket_is_changed" {
  command = plan

  variables {
    bucket    = { existing = { name = "their-images" } }
    on_upload = {}
  }

  assert {
    condition = sum([
      length(aws_s3_bucket.image),
      length(aws_s3_bucket_lifecycle_configuration.image),
      # A bucket has only one: writing it would remove its owner's.
      length(aws_s3_bucket_notification.upload),
      length(aws_s3_bucket_ownership_controls.image),
      length(aws_s3_bucket_policy.image),
      length(aws_s3_bucket_public_access_block.image),
      length(aws_s3_bucket_server_side_encryption_configuration.image),
      length(aws_s3_bucket_versioning.image),
    ]) == 0
    error_message = "With bucket.existing the module must create no bucket resource of any kind."
  }

  assert {
    condition = [
      aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_BUCKET, output.bucket_name, output.bucket_arn,
    ] == ["their-images", "their-images", "arn:aws:s3:::their-images"]
    error_message = "Function and outputs must name the existing bucket."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Resource
      if statement.Sid == "ReadImages"
    ])) == toset(["arn:aws:s3:::their-images/reference/*", "arn:aws:s3:::their-images/challenge/*"])
    error_message = "The role must read the two prefixes of the existing bucket, and nothing else."
  }

  assert {
    condition     = strcontains(aws_sqs_queue.upload[0].policy, "arn:aws:s3:::their-images")
    error_message = "The queue must accept notifications of the existing bucket."
  }
}

run "a_bucket_in_another_region_is_refused_before_anything_is_made" {
  command = plan

  variables { bucket = { existing = { name = "their-images" } } }

  override_data {
    target = data.aws_s3_bucket.existing
    values = { bucket_region = "us-east-1" }
  }

  expect_failures = [data.aws_s3_bucket.existing]
}

# Applies, which plans first: while names, ARNs, ids and whole lists are still unknown.
run "bucket_key_network_and_topics_of_the_same_apply_can_be_used" {
  module { source = "./tests/fixtures/unknown_inputs" }

  assert {
    condition     = one(output.existing_bucket_names) == "bucket-known-later"
    error_message = "A name that is known only after apply must reach the module's outputs."
  }
}

run "expired_images_are_really_removed" {
  assert {
    # One rule for the whole bucket. The provider fills in a prefix that is not given; here the mock makes one up.
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.image[0].rule : [
        rule.status,
        contains(values(var.bucket.prefixes), rule.filter[0].prefix),
        rule.noncurrent_version_expiration[0].noncurrent_days,
        rule.abort_incomplete_multipart_upload[0].days_after_initiation,
        rule.expiration[0].expired_object_delete_marker,
      ] if length(rule.noncurrent_version_expiration) == 1
    ] == [["Enabled", false, 30, 7, true]]
    error_message = "Old versions must go after 30 days, unfinished uploads after 7, and delete markers left alone."
  }
}
