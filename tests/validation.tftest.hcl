# Inputs that are refused at plan, before anything is made, with a sentence that says how to mend them.

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

run "a_threshold_on_the_scale_0_to_1_does_not_let_everybody_in" {
  command = plan

  variables {
    comparison = { similarity_threshold = 0.8 }
  }

  expect_failures = [var.comparison]
}

run "nor_does_a_threshold_of_1" {
  command = plan

  variables {
    comparison = { similarity_threshold = 1 }
  }

  expect_failures = [var.comparison]
}

run "a_threshold_above_100_does_not_lock_everybody_out" {
  command = plan

  variables {
    comparison = { similarity_threshold = 101 }
  }

  expect_failures = [var.comparison]
}

run "a_threshold_below_0_is_refused" {
  command = plan

  variables {
    comparison = { similarity_threshold = -1 }
  }

  expect_failures = [var.comparison]
}

run "a_bucket_is_given_by_name_not_by_arn" {
  command = plan

  variables {
    bucket = { existing = { name = "arn:aws:s3:::their-photos" } }
  }

  expect_failures = [var.bucket]
}

run "an_empty_bucket_name_is_refused" {
  command = plan

  variables {
    bucket = { existing = { name = "" } }
  }

  expect_failures = [var.bucket]
}

run "expiry_after_0_days_is_refused" {
  command = plan

  variables {
    bucket = { expiry_days = { challenge = 0 } }
  }

  expect_failures = [var.bucket]
}

run "expiry_after_half_a_day_is_refused" {
  command = plan

  variables {
    bucket = { expiry_days = { results = 1.5 } }
  }

  expect_failures = [var.bucket]
}

run "reference_expiry_is_checked_where_it_is_given" {
  command = plan

  variables {
    bucket = { expiry_days = { reference = -1 } }
  }

  expect_failures = [var.bucket]
}

run "old_versions_cannot_be_kept_for_a_negative_time" {
  command = plan

  variables {
    bucket = { expiry_days = { noncurrent = -1 } }
  }

  expect_failures = [var.bucket]
}

run "unfinished_uploads_cannot_be_kept_for_0_days" {
  command = plan

  variables {
    bucket = { expiry_days = { incomplete_upload = 0 } }
  }

  expect_failures = [var.bucket]
}

run "an_architecture_lambda_does_not_know_is_refused" {
  command = plan

  variables {
    function = { architecture = "arm" }
  }

  expect_failures = [var.function]
}

run "memory_below_lambdas_floor_is_refused" {
  command = plan

  variables {
    function = { memory_size = 127 }
  }

  expect_failures = [var.function]
}

run "memory_above_lambdas_ceiling_is_refused" {
  command = plan

  variables {
    function = { memory_size = 10241 }
  }

  expect_failures = [var.function]
}

run "a_fraction_of_a_megabyte_is_refused" {
  command = plan

  variables {
    function = { memory_size = 512.5 }
  }

  expect_failures = [var.function]
}

run "a_reserved_concurrency_of_0_does_not_switch_the_function_off" {
  command = plan

  variables {
    function = { reserved_concurrency = 0 }
  }

  expect_failures = [var.function]
}

run "a_fraction_of_an_instance_is_refused" {
  command = plan

  variables {
    function = { reserved_concurrency = 1.5 }
  }

  expect_failures = [var.function]
}

run "a_runtime_too_old_for_the_payload_is_refused" {
  command = plan

  variables {
    function = { runtime = "python3.11" }
  }

  expect_failures = [var.function]
}

run "a_runtime_of_another_language_is_refused" {
  command = plan

  variables {
    function = { runtime = "nodejs22.x" }
  }

  expect_failures = [var.function]
}

run "a_timeout_too_short_for_bulk_work_is_refused" {
  command = plan

  variables {
    function = { timeout = 14 }
  }

  expect_failures = [var.function]
}

run "a_timeout_above_lambdas_limit_is_refused" {
  command = plan

  variables {
    function = { timeout = 901 }
  }

  expect_failures = [var.function]
}

run "a_fraction_of_a_second_is_refused" {
  command = plan

  variables {
    function = { timeout = 30.5 }
  }

  expect_failures = [var.function]
}

run "a_key_alias_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:alias/photos"
  }

  expect_failures = [var.kms_key_arn]
}

run "a_bare_key_id_is_refused" {
  command = plan

  variables {
    kms_key_arn = "1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  expect_failures = [var.kms_key_arn]
}

run "records_of_decisions_cannot_be_kept_for_ever" {
  command = plan

  variables {
    log_retention_days = 0
  }

  expect_failures = [var.log_retention_days]
}

run "a_retention_cloudwatch_does_not_know_is_refused" {
  command = plan

  variables {
    log_retention_days = 100
  }

  expect_failures = [var.log_retention_days]
}

run "a_name_that_would_overflow_the_bucket_is_refused" {
  command = plan

  variables {
    name = "abcdefghijklmnopqrstuvwxyz-123456789"
  }

  expect_failures = [var.name]
}

run "a_name_of_two_characters_is_refused" {
  command = plan

  variables {
    name = "fc"
  }

  expect_failures = [var.name]
}

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Face-Compare"
  }

  expect_failures = [var.name]
}

run "a_name_beginning_with_a_digit_is_refused" {
  command = plan

  variables {
    name = "1face"
  }

  expect_failures = [var.name]
}

run "a_name_ending_in_a_hyphen_is_refused" {
  command = plan

  variables {
    name = "face-"
  }

  expect_failures = [var.name]
}

run "a_name_with_a_dot_is_refused" {
  command = plan

  variables {
    name = "face.compare"
  }

  expect_failures = [var.name]
}

run "a_name_that_s3_keeps_to_itself_is_refused" {
  command = plan

  variables {
    name = "xn--face"
  }

  expect_failures = [var.name]
}

run "another_name_that_s3_keeps_to_itself_is_refused" {
  command = plan

  variables {
    name = "sthree-face"
  }

  expect_failures = [var.name]
}

run "and_the_name_of_s3_in_examples_is_refused" {
  command = plan

  variables {
    name = "amzn-s3-demo-face"
  }

  expect_failures = [var.name]
}

run "a_prefix_without_a_closing_slash_does_not_open_its_neighbours" {
  command = plan

  variables {
    bucket = { prefixes = { reference = "reference" } }
  }

  expect_failures = [var.bucket]
}

run "a_prefix_with_a_leading_slash_is_refused" {
  command = plan

  variables {
    bucket = { prefixes = { challenge = "/challenge/" } }
  }

  expect_failures = [var.bucket]
}

run "an_empty_prefix_does_not_open_the_whole_bucket" {
  command = plan

  variables {
    bucket = { prefixes = { challenge = "" } }
  }

  expect_failures = [var.bucket]
}

run "a_prefix_with_an_empty_part_is_refused" {
  command = plan

  variables {
    bucket = { prefixes = { results = "a//b/" } }
  }

  expect_failures = [var.bucket]
}

run "a_wildcard_in_a_prefix_does_not_open_the_whole_bucket" {
  command = plan

  variables {
    bucket = { prefixes = { reference = "*/" } }
  }

  expect_failures = [var.bucket]
}

run "a_policy_variable_in_a_prefix_is_refused" {
  command = plan

  variables {
    bucket = { prefixes = { reference = "$${aws:username}/" } }
  }

  expect_failures = [var.bucket]
}

run "a_quote_in_a_prefix_does_not_break_the_command_to_paste" {
  command = plan

  variables {
    bucket = { prefixes = { reference = "it's/" } }
  }

  expect_failures = [var.bucket]
}

run "two_equal_prefixes_do_not_let_reference_photos_expire" {
  command = plan

  variables {
    bucket = { prefixes = { reference = "photos/", challenge = "photos/" } }
  }

  expect_failures = [var.bucket]
}

run "a_prefix_inside_another_does_not_let_reference_photos_expire" {
  command = plan

  variables {
    bucket = { prefixes = { reference = "photos/reference/", challenge = "photos/" } }
  }

  expect_failures = [var.bucket]
}

run "results_below_the_challenge_prefix_do_not_trigger_comparisons" {
  command = plan

  variables {
    bucket = { prefixes = { results = "challenge/results/" } }
  }

  expect_failures = [var.bucket]
}

run "a_role_path_without_a_leading_slash_is_refused" {
  command = plan

  variables {
    role = { path = "service/" }
  }

  expect_failures = [var.role]
}

run "a_role_path_without_a_closing_slash_is_refused" {
  command = plan

  variables {
    role = { path = "/service" }
  }

  expect_failures = [var.role]
}

run "a_boundary_is_given_by_arn_not_by_name" {
  command = plan

  variables {
    role = { permissions_boundary_arn = "boundary" }
  }

  expect_failures = [var.role]
}

run "tags_that_aws_keeps_to_itself_are_refused" {
  command = plan

  variables {
    tags = { "aws:owner" = "me" }
  }

  expect_failures = [var.tags]
}

run "lists_of_pairs_cannot_be_kept_for_0_days" {
  command = plan

  variables {
    bucket = { expiry_days = { manifests = 0 } }
  }

  expect_failures = [var.bucket]
}

run "a_quota_of_0_calls_is_refused" {
  command = plan

  variables {
    rekognition_tps = 0
  }

  expect_failures = [var.rekognition_tps]
}

run "a_quota_above_what_one_event_source_paces_is_refused" {
  command = plan

  variables {
    rekognition_tps = 1001
  }

  expect_failures = [var.rekognition_tps]
}

run "a_fraction_of_a_call_is_refused" {
  command = plan

  variables {
    rekognition_tps = 5.5
  }

  expect_failures = [var.rekognition_tps]
}

run "an_upload_that_two_announcements_could_throw_away_is_refused" {
  command = plan

  variables {
    on_upload = { max_attempts = 2 }
  }

  expect_failures = [var.on_upload]
}

run "more_tries_than_sqs_counts_are_refused" {
  command = plan

  variables {
    on_upload = { max_attempts = 1001 }
  }

  expect_failures = [var.on_upload]
}

run "a_fraction_of_a_try_is_refused" {
  command = plan

  variables {
    on_upload = { max_attempts = 3.5 }
  }

  expect_failures = [var.on_upload]
}

run "an_upload_compared_with_nothing_is_refused" {
  command = plan

  variables {
    on_upload = { references_per_subject = 0 }
  }

  expect_failures = [var.on_upload]
}

run "more_references_than_an_upload_is_for_are_refused" {
  command = plan

  variables {
    on_upload = { references_per_subject = 101 }
  }

  expect_failures = [var.on_upload]
}

run "a_fraction_of_a_reference_is_refused" {
  command = plan

  variables {
    on_upload = { references_per_subject = 1.5 }
  }

  expect_failures = [var.on_upload]
}

run "lists_below_the_challenge_prefix_do_not_trigger_comparisons" {
  command = plan

  variables {
    bucket = { prefixes = { manifests = "challenge/lists/" } }
  }

  expect_failures = [var.bucket]
}

run "the_smallest_values_are_not_refused" {
  command = plan

  variables {
    comparison         = { similarity_threshold = 0 }
    bucket             = { expiry_days = { challenge = 1, incomplete_upload = 1, noncurrent = 1, reference = 1, results = 1 } }
    function           = { memory_size = 128, reserved_concurrency = 1, runtime = "python3.12", timeout = 15 }
    log_retention_days = 1
    name               = "f-1"
    role               = { path = "/" }
  }

  assert {
    condition     = aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_SIMILARITY_THRESHOLD == "0" && aws_lambda_function.compare.timeout == 15
    error_message = "Accepted values must reach the function as they are."
  }
}

run "the_largest_values_are_not_refused" {
  command = plan

  variables {
    comparison         = { similarity_threshold = 100 }
    function           = { memory_size = 10240, runtime = "python3.13", timeout = 900 }
    log_retention_days = 3653
    name               = "abcdefghijklmnopqrstuvwxyz-12345678"
    bucket             = { prefixes = { challenge = "a/b/c/", reference = "a/b/d/", results = "a/b/cc/" } }
    role               = { path = "/a/b/", permissions_boundary_arn = "arn:aws:iam::aws:policy/PowerUserAccess" }
  }

  assert {
    condition     = aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_SIMILARITY_THRESHOLD == "100" && aws_lambda_function.compare.timeout == 900
    error_message = "Accepted values must reach the function as they are."
  }
}

run "a_threshold_just_above_1_is_not_refused" {
  command = plan

  variables {
    comparison = { similarity_threshold = 1.01 }
  }

  assert {
    condition     = aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_SIMILARITY_THRESHOLD == "1.01"
    error_message = "Accepted values must reach the function as they are."
  }
}
