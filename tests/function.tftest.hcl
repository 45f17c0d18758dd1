# The function: what runs, with what it is told.

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

run "the_function_runs_the_committed_zip" {
  command = plan

  assert {
    condition     = endswith(aws_lambda_function.compare.filename, "lambda/face_compare.zip") && !startswith(aws_lambda_function.compare.filename, "/")
    error_message = "filename must stay relative to the module, or every machine plans a change."
  }

  assert {
    condition     = aws_lambda_function.compare.source_code_hash == filebase64sha256("./lambda/face_compare.zip")
    error_message = "A new zip must change the function."
  }

  assert {
    condition     = aws_lambda_function.compare.handler == "face_compare.handler.handler"
    error_message = "Lambda must find the handler in the zip."
  }
}

run "the_defaults_suit_one_comparison" {
  command = plan

  assert {
    condition     = aws_lambda_function.compare.runtime == "python3.13" && one(aws_lambda_function.compare.architectures) == "arm64" && aws_lambda_function.compare.memory_size == 512 && aws_lambda_function.compare.timeout == 30
    error_message = "Defaults: python3.13 on arm64, 512 MB, 30 s."
  }

  assert {
    condition     = coalesce(aws_lambda_function.compare.reserved_concurrent_executions, -1) == -1
    error_message = "By default the function must share the account's pool."
  }
}

run "the_payload_is_told_what_it_needs" {
  command = plan

  assert {
    condition = aws_lambda_function.compare.environment[0].variables == tomap({
      FACE_COMPARE_BUCKET               = "face-compare-111122223333-eu-west-1"
      FACE_COMPARE_CALLS_PER_SECOND     = "2.45"
      FACE_COMPARE_CHALLENGE_PREFIX     = "challenge/"
      FACE_COMPARE_CONCURRENCY          = "5"
      FACE_COMPARE_REFERENCE_PREFIX     = "reference/"
      FACE_COMPARE_REQUIRE_SINGLE_FACE  = "false"
      FACE_COMPARE_RESULTS_PREFIX       = "results/"
      FACE_COMPARE_SIMILARITY_THRESHOLD = "80"
      FACE_COMPARE_TIMEOUT_SECONDS      = "30"
      FACE_COMPARE_WORKERS              = "5"
    })
    error_message = "The payload reads these variables; one missing and every invocation fails."
  }
}

run "settings_reach_function_and_payload" {
  command = plan

  variables {
    comparison = { similarity_threshold = 99.5 }
    function = {
      architecture         = "x86_64"
      memory_size          = 1769
      reserved_concurrency = 5
      runtime              = "python3.12"
      timeout              = 60
    }
    bucket = { prefixes = {
      challenge = "in/"
      reference = "people/known/"
      results   = "out/"
    } }
    rekognition_tps = 50
  }

  assert {
    condition     = one(aws_lambda_function.compare.architectures) == "x86_64" && aws_lambda_function.compare.memory_size == 1769 && aws_lambda_function.compare.reserved_concurrent_executions == 5 && aws_lambda_function.compare.runtime == "python3.12" && aws_lambda_function.compare.timeout == 60
    error_message = "var.function must reach the function."
  }

  assert {
    condition = aws_lambda_function.compare.environment[0].variables == tomap({
      FACE_COMPARE_BUCKET               = "face-compare-111122223333-eu-west-1"
      FACE_COMPARE_CALLS_PER_SECOND     = "16.333"
      FACE_COMPARE_CHALLENGE_PREFIX     = "in/"
      FACE_COMPARE_CONCURRENCY          = "5"
      FACE_COMPARE_REFERENCE_PREFIX     = "people/known/"
      FACE_COMPARE_REQUIRE_SINGLE_FACE  = "false"
      FACE_COMPARE_RESULTS_PREFIX       = "out/"
      FACE_COMPARE_SIMILARITY_THRESHOLD = "99.5"
      FACE_COMPARE_TIMEOUT_SECONDS      = "60"
      FACE_COMPARE_WORKERS              = "26"
    })
    error_message = "Threshold, timeout, prefixes and pace must reach the payload."
  }
}
