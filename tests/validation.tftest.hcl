# Inputs that are refused at plan, before anything is made, with a message that says how to fix them. Each run holds one
# wrong value per input: expect_failures demands that each of the named inputs fails. Long values are written with
# %{for}, because OpenTofu 1.8 calls no functions in the variables of a run.

mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111122223333" } }
  mock_data "aws_partition" { defaults = { dns_suffix = "amazonaws.com", partition = "aws" } }
  mock_data "aws_region" { defaults = { region = "eu-west-1" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111122223333:role/face-compare-eu-west-1" } }
}

variables { name = "face-compare" }

run "a_zero_does_not_switch_anything_off_or_keep_it_forever" {
  command = plan

  variables {
    bucket             = { expiry_days = { challenge = 0 } }
    comparison         = { concurrency = 0 }
    function           = { reserved_concurrency = 0 }
    log_retention_days = 0
    monitoring = {
      alarms = {
        sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:t"]
        thresholds     = { errors = 0 }
      }
    }
    network         = { security_group_ids = ["sg-0123456789abcdef0"], subnet_ids = [] }
    on_upload       = { references_per_subject = 0 }
    rekognition_tps = 0
  }

  expect_failures = [
    var.bucket, var.comparison, var.function, var.log_retention_days, var.monitoring,
    var.network, var.on_upload, var.rekognition_tps,
  ]
}

run "values_that_are_too_small_are_refused" {
  command = plan

  variables {
    bucket     = { expiry_days = { noncurrent = -1 } }
    comparison = { similarity_threshold = -1 }
    function   = { memory_size = 127 }
    # An alarm that tells nobody.
    monitoring = { alarms = { sns_topic_arns = [] } }
    name       = "fc"
    network    = { security_group_ids = [], subnet_ids = ["subnet-0123456789abcdef0"] }
    # Two notifications of one upload could throw it away.
    on_upload = { max_attempts = 2 }
  }

  expect_failures = [
    var.bucket, var.comparison, var.function, var.monitoring, var.name, var.network,
    var.on_upload,
  ]
}

run "values_that_are_too_large_are_refused" {
  command = plan

  variables {
    bucket     = { expiry_days = { incomplete_upload = 0 } }
    comparison = { similarity_threshold = 101 }
    function   = { memory_size = 10241 }
    # CloudWatch has no such retention.
    log_retention_days = 100
    monitoring = {
      alarms = {
        sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:t"]
        thresholds     = { no_face_percent = 101 }
      }
    }
    # 36 characters: the name of the bucket would be too long.
    name            = "abcdefghijklmnopqrstuvwxyz-123456789"
    on_upload       = { max_attempts = 1001 }
    rekognition_tps = 1001
  }

  expect_failures = [
    var.bucket, var.comparison, var.function, var.log_retention_days, var.monitoring,
    var.name, var.on_upload, var.rekognition_tps,
  ]
}

run "fractions_are_refused" {
  command = plan

  variables {
    bucket          = { expiry_days = { results = 1.5 } }
    comparison      = { concurrency = 2.5 }
    function        = { memory_size = 512.5 }
    on_upload       = { max_attempts = 3.5 }
    rekognition_tps = 5.5
  }

  expect_failures = [var.bucket, var.comparison, var.function, var.on_upload, var.rekognition_tps]
}

run "fractions_of_instances_references_and_scores_are_refused" {
  command = plan

  variables {
    bucket = { expiry_days = { manifests = 0 } }
    # On a scale of 0 to 1 nearly everybody would match.
    comparison = { similarity_threshold = 0.8 }
    function   = { reserved_concurrency = 1.5 }
    on_upload  = { references_per_subject = 1.5 }
  }

  expect_failures = [var.bucket, var.comparison, var.function, var.on_upload]
}

run "names_and_arns_in_the_wrong_form_are_refused" {
  command = plan

  variables {
    bucket      = { existing = { name = "arn:aws:s3:::their-images" } }
    comparison  = { review_threshold = 0.6 }
    function    = { architecture = "arm" }
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:alias/images"
    # CloudWatch cannot publish to a FIFO topic.
    monitoring = { alarms = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:ops.fifo"] } }
    name       = "Face-Compare"
    network    = { security_group_ids = ["default"], subnet_ids = ["subnet-0123456789abcdef0"] }
    on_upload  = { reference_wait_minutes = 1.5 }
    region     = "eu-west-1a"
    role       = { permissions_boundary_arn = "boundary" }
    tags       = { "aws:owner" = "me" }
  }

  expect_failures = [
    var.bucket, var.comparison, var.function, var.kms_key_arn, var.monitoring, var.name,
    var.network, var.on_upload, var.region, var.role, var.tags,
  ]
}

run "names_ids_and_lists_that_are_wrong_are_refused" {
  command = plan

  variables {
    bucket = { existing = { name = "" } }
    # Nothing would ever be decided "review".
    comparison  = { review_threshold = 80 }
    function    = { runtime = "python3.11" }
    kms_key_arn = "1234abcd-12ab-34cd-56ef-1234567890ab"
    monitoring  = { alarms = { sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:t"], disabled = ["rates"] } }
    name        = "face.compare"
    # Swapped.
    network   = { security_group_ids = ["subnet-0123456789abcdef0"], subnet_ids = ["sg-0123456789abcdef0"] }
    on_upload = { reference_wait_minutes = -1 }
    region    = ""
    role      = { path = "service/" }
    # IAM and CloudWatch Logs refuse a comma.
    tags = { owner = "Faces, Inc." }
  }

  expect_failures = [
    var.bucket, var.comparison, var.function, var.kms_key_arn, var.monitoring, var.name,
    var.network, var.on_upload, var.region, var.role, var.tags,
  ]
}

run "a_null_list_gets_a_sentence" {
  command = plan

  variables {
    # Without its slash it would open its neighbors: reference-2/ too.
    bucket     = { prefixes = { reference = "reference" } }
    comparison = { review_threshold = -1 }
    function   = { runtime = "nodejs22.x" }
    monitoring = { alarms = { sns_topic_arns = null } }
    name       = "face-"
    network    = { security_group_ids = ["sg-0123456789abcdef0"], subnet_ids = null }
    # Longer than the queue keeps it.
    on_upload = { max_attempts = 1000, reference_wait_minutes = 14401 }
    role      = { path = "/service" }
    tags      = { "owner (team)" = "faces" }
  }

  expect_failures = [
    var.bucket, var.comparison, var.function, var.monitoring, var.name, var.network,
    var.on_upload, var.role, var.tags,
  ]
}

run "times_too_short_and_leading_slashes_are_refused" {
  command = plan

  variables {
    bucket     = { prefixes = { challenge = "/challenge/" } }
    comparison = { similarity_threshold = 1 }
    # Uploads and batches would have no time for a call.
    function  = { timeout = 14 }
    name      = "1face"
    network   = { security_group_ids = null, subnet_ids = ["subnet-0123456789abcdef0"] }
    on_upload = { references_per_subject = 101 }
    # One key to IAM.
    tags = { Owner = "faces", owner = "faces" }
  }

  expect_failures = [var.bucket, var.comparison, var.function, var.name, var.network, var.on_upload, var.tags]
}

run "names_that_s3_reserves_and_an_empty_prefix_are_refused" {
  command = plan

  variables {
    # It would open the whole bucket.
    bucket     = { prefixes = { challenge = "" } }
    comparison = { concurrency = 51 }
    function   = { timeout = 901 }
    # CORS would have no effect.
    function_url = { cors = { allow_origins = [] } }
    name         = "xn--face"
    # 257 characters.
    tags = { owner = "1%{for eighth in [1, 2, 3, 4, 5, 6, 7, 8]}0123456789abcdef0123456789abcdef%{endfor}" }
  }

  expect_failures = [var.bucket, var.comparison, var.function, var.function_url, var.name, var.tags]
}

run "another_name_that_s3_reserves_and_an_empty_part_are_refused" {
  command = plan

  variables {
    bucket       = { prefixes = { results = "a//b/" } }
    comparison   = { quality_filter = "high" }
    function     = { timeout = 30.5 }
    function_url = { cors = { allow_origins = ["*"], allow_headers = ["content type"] } }
    name         = "sthree-face"
    tags = {
      for place in [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
        27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
      ] : "tag-${place}" => ""
    }
  }

  expect_failures = [var.bucket, var.comparison, var.function, var.function_url, var.name, var.tags]
}

run "the_name_of_s3_in_examples_and_a_wildcard_are_refused" {
  command = plan

  variables {
    # It would open the whole bucket.
    bucket = { prefixes = { reference = "*/" } }
    name   = "amzn-s3-demo-face"
  }

  expect_failures = [var.bucket, var.name]
}

run "two_equal_prefixes_do_not_let_reference_images_expire" {
  command = plan

  variables { bucket = { prefixes = { reference = "images/", challenge = "images/" } } }

  expect_failures = [var.bucket]
}

run "a_prefix_inside_another_does_not_let_reference_images_expire" {
  command = plan

  variables { bucket = { prefixes = { reference = "images/reference/", challenge = "images/" } } }

  expect_failures = [var.bucket]
}

run "results_below_the_challenge_prefix_do_not_start_comparisons" {
  command = plan

  variables { bucket = { prefixes = { results = "challenge/results/" } } }

  expect_failures = [var.bucket]
}

run "lists_below_the_challenge_prefix_do_not_start_comparisons" {
  command = plan

  variables { bucket = { prefixes = { manifests = "challenge/lists/" } } }

  expect_failures = [var.bucket]
}

run "an_expiry_that_an_existing_bucket_would_not_get_is_refused" {
  command = plan

  variables { bucket = { existing = { name = "their-images" }, expiry_days = {} } }

  expect_failures = [var.bucket]
}

run "force_destroy_of_an_existing_bucket_is_refused" {
  command = plan

  variables { bucket = { existing = { name = "their-images" }, force_destroy = false } }

  expect_failures = [var.bucket]
}

run "the_smallest_values_are_not_refused" {
  command = plan

  variables {
    bucket = {
      expiry_days = { challenge = 1, incomplete_upload = 1, manifests = 1, noncurrent = 1, reference = 1, results = 1 }
    }
    comparison         = { similarity_threshold = 0 }
    function           = { memory_size = 128, reserved_concurrency = 1, runtime = "python3.12", timeout = 15 }
    log_retention_days = 1
    name               = "f-1"
    rekognition_tps    = 1
    role               = { path = "/" }
  }

  assert {
    condition = [
      aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_SIMILARITY_THRESHOLD,
      aws_lambda_function.compare.timeout,
      # Those who only invoke directly may reserve as little as they want.
      aws_lambda_function.compare.reserved_concurrent_executions,
    ] == ["0", 15, 1]
    error_message = "Accepted values must reach the function unchanged."
  }

  assert {
    condition = [
      output.rate.instances, output.rate.calls_per_second, output.rate.workers,
      output.rate.uploads_per_batch, output.rate.visibility_timeout,
    ] == [2, 0.49, 2, 2, 90]
    error_message = "At 1 call per second every invocation must have time for an upload."
  }
}

run "a_threshold_just_above_1_is_not_refused" {
  command = plan

  variables { comparison = { similarity_threshold = 1.01 } }

  assert {
    condition     = aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_SIMILARITY_THRESHOLD == "1.01"
    error_message = "Accepted values must reach the function unchanged."
  }
}

run "an_origin_is_not_an_address_of_a_page" {
  command = plan

  variables {
    # It would break the command to paste.
    bucket       = { prefixes = { reference = "it's/" } }
    function     = { on_failure = { destination_arn = "arn:aws:sqs:eu-west-1:111122223333:failed.fifo" } }
    function_url = { cors = { allow_origins = ["https://www.example.com/"] } }
    on_upload    = { sender_arns = ["arn:aws:s3:::images"] }
  }

  expect_failures = [var.bucket, var.function, var.function_url, var.on_upload]
}

run "an_origin_has_no_wildcard_in_its_middle" {
  command = plan

  variables {
    bucket       = { prefixes = { reference = "$${aws:username}/" } }
    function     = { on_failure = { destination_arn = "arn:aws:s3:::failed" } }
    function_url = { cors = { allow_origins = ["https://*.example.com"] } }
    on_upload    = { sender_arns = ["arn:aws:sns:eu-west-1:111122223333:images.fifo"] }
  }

  expect_failures = [var.bucket, var.function, var.function_url, var.on_upload]
}

run "cors_stays_within_lambdas_limits" {
  command = plan

  variables {
    bucket       = { expiry_days = { reference = -1 } }
    function     = { on_failure = { destination_arn = "failed" } }
    function_url = { cors = { allow_origins = ["*"], max_age_seconds = 86401 } }
    on_upload    = { sender_arns = ["arn:aws:events:eu-west-1:111122223333:event-bus/images"] }
  }

  expect_failures = [var.bucket, var.function, var.function_url, var.on_upload]
}

run "an_alias_of_an_access_point_is_not_a_bucket" {
  command = plan

  variables {
    bucket   = { existing = { name = "images-abc123-s3alias" } }
    function = { on_failure = { destination_arn = "arn:aws:lambda:eu-west-1:111122223333:failed" } }
  }

  expect_failures = [var.bucket, var.function]
}

run "an_alias_of_an_object_lambda_is_not_a_bucket" {
  command = plan

  variables {
    bucket   = { existing = { name = "images-abc123--ol-s3" } }
    function = { on_failure = { destination_arn = "arn:aws:sqs:eu-west-1:111122223333:event-bus/failed" } }
  }

  expect_failures = [var.bucket, var.function]
}

run "a_directory_bucket_is_refused" {
  command = plan

  variables {
    bucket   = { existing = { name = "images--euw1-az1--x-s3" } }
    function = { on_failure = { destination_arn = "arn:aws:events:eu-west-1:111122223333:failed" } }
  }

  expect_failures = [var.bucket, var.function]
}

run "a_bucket_of_tables_is_refused" {
  command = plan

  variables {
    bucket   = { existing = { name = "images--table-s3" } }
    function = { on_failure = { destination_arn = "arn:aws:sns:eu-west-1:111122223333:topic/failed" } }
  }

  expect_failures = [var.bucket, var.function]
}

run "an_access_point_of_several_regions_is_refused" {
  command = plan

  variables {
    bucket   = { existing = { name = "images.mrap" } }
    function = { on_failure = { destination_arn = "arn:aws:sns:eu-west-1:111122223333:failed.fifo" } }
  }

  expect_failures = [var.bucket, var.function]
}

run "a_destination_of_another_region_is_refused" {
  command = plan

  variables { function = { on_failure = { destination_arn = "arn:aws:sqs:us-east-1:111122223333:failed" } } }

  expect_failures = [aws_lambda_function_event_invoke_config.compare]
}

run "events_that_failed_are_not_sent_to_the_function_that_failed" {
  command = plan

  variables {
    function = { on_failure = { destination_arn = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare:live" } }
  }

  expect_failures = [aws_lambda_function_event_invoke_config.compare]
}

run "an_alias_of_another_function_can_take_what_failed" {
  command = plan

  variables {
    function = { on_failure = { destination_arn = "arn:aws:lambda:eu-west-1:111122223333:function:failed:live" } }
  }

  assert {
    condition = [
      for config in aws_lambda_function_event_invoke_config.compare :
      config.destination_config[0].on_failure[0].destination
    ] == [var.function.on_failure.destination_arn]
    error_message = "Lambda must send what failed to the alias."
  }
}

# The code of the European Sovereign Cloud's region begins with four letters.
run "a_region_of_another_partition_can_be_given" {
  command = plan

  variables {
    allow_unlisted_region = true
    region                = "eusc-de-east-1"
  }

  assert {
    condition     = output.origin.region == "eusc-de-east-1"
    error_message = "The stack must be in the given region."
  }
}

# IAM limits the sum of a role's policies, which name the prefixes often.
run "the_longest_prefixes_leave_room_in_the_roles_policy" {
  command = plan

  variables {
    bucket = {
      prefixes = {
        for name in ["challenge", "manifests", "reference", "results"] :
        name => "${name}/%{for eighth in [1, 2, 3, 4, 5, 6, 7, 8]}012345678901234567890123456789%{endfor}/"
      }
    }
    function    = { on_failure = { destination_arn = "arn:aws:sqs:eu-west-1:111122223333:failed" } }
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    on_upload   = {}
  }

  assert {
    # modules/batch adds a policy of about 2,500 characters with such prefixes, and network one of about 1,000.
    condition     = length(aws_iam_role_policy.function.policy) < 6700
    error_message = "The policy has ${length(aws_iam_role_policy.function.policy)} characters."
  }
}

run "a_prefix_that_leaves_no_room_in_the_roles_policy_is_refused" {
  command = plan

  variables {
    # 257 characters.
    bucket = {
      prefixes = { reference = "%{for eighth in [1, 2, 3, 4, 5, 6, 7, 8]}0123456789abcdef0123456789abcdef%{endfor}/" }
    }
  }

  expect_failures = [var.bucket]
}

run "a_threshold_of_an_alarm_that_is_left_out_is_refused" {
  command = plan

  variables {
    monitoring = {
      alarms = {
        disabled       = ["no_face"]
        sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:t"]
        thresholds     = { no_face_percent = 50 }
      }
    }
  }

  expect_failures = [var.monitoring]
}

run "other_alarms_keep_their_thresholds" {
  command = plan

  variables {
    monitoring = {
      alarms = {
        disabled       = ["no_face", "rate"]
        sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:t"]
        thresholds     = { duration_percent = 50, errors = 2 }
      }
    }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.on_call["errors"].threshold == 2
    error_message = "The threshold must reach its alarm."
  }
}
