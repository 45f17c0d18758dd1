# How the function decides, and which rules are refused before anybody is decided by them.

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

run "the_rule_reaches_the_payload" {
  command = plan

  variables {
    comparison = {
      concurrency          = 12
      require_single_face  = true
      review_threshold     = 90.5
      similarity_threshold = 99
    }
  }

  assert {
    condition = alltrue([
      for name, value in {
        CONCURRENCY          = "12"
        REQUIRE_SINGLE_FACE  = "true"
        REVIEW_THRESHOLD     = "90.5"
        SIMILARITY_THRESHOLD = "99"
      } : aws_lambda_function.compare.environment[0].variables["FACE_COMPARE_${name}"] == value
    ])
    error_message = "Every member of comparison must reach the payload, or the function decides by another rule."
  }
}

run "without_a_review_threshold_there_is_no_band" {
  command = plan

  assert {
    condition     = !contains(keys(aws_lambda_function.compare.environment[0].variables), "FACE_COMPARE_REVIEW_THRESHOLD")
    error_message = "The payload must not be told of a review band that nobody asked for."
  }
}

run "an_empty_review_band_is_refused" {
  command = plan

  variables {
    comparison = { review_threshold = 80 }
  }

  expect_failures = [var.comparison]
}

run "a_review_threshold_on_the_scale_0_to_1_is_refused" {
  command = plan

  variables {
    comparison = { review_threshold = 0.6 }
  }

  expect_failures = [var.comparison]
}

run "a_review_threshold_below_0_is_refused" {
  command = plan

  variables {
    comparison = { review_threshold = -1 }
  }

  expect_failures = [var.comparison]
}

run "no_comparison_at_once_is_refused" {
  command = plan

  variables {
    comparison = { concurrency = 0 }
  }

  expect_failures = [var.comparison]
}

run "half_a_comparison_is_refused" {
  command = plan

  variables {
    comparison = { concurrency = 2.5 }
  }

  expect_failures = [var.comparison]
}

run "more_than_any_quota_serves_at_once_is_refused" {
  command = plan

  variables {
    comparison = { concurrency = 51 }
  }

  expect_failures = [var.comparison]
}
