# The record of every decision.

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

run "decisions_are_kept_for_ninety_days_and_then_go" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.function.retention_in_days == 90
    error_message = "Records must be kept for 90 days by default."
  }

  assert {
    condition     = !coalesce(aws_cloudwatch_log_group.function.skip_destroy, false)
    error_message = "destroy must take the log group along."
  }
}

run "retention_of_records_follows_the_input" {
  command = plan

  variables {
    log_retention_days = 3653
  }

  assert {
    condition     = aws_cloudwatch_log_group.function.retention_in_days == 3653
    error_message = "logs.retention_days must reach the log group."
  }
}

run "records_can_be_searched_by_field" {
  command = plan

  assert {
    condition     = aws_lambda_function.compare.logging_config[0].log_format == "JSON"
    error_message = "Records must be JSON, or no query and no metric filter finds a field."
  }

  assert {
    condition     = aws_lambda_function.compare.logging_config[0].application_log_level == "INFO" && aws_lambda_function.compare.logging_config[0].system_log_level == "INFO"
    error_message = "Above INFO Lambda drops the decisions."
  }
}

run "records_go_to_the_group_with_the_retention" {
  command = plan

  assert {
    condition     = aws_lambda_function.compare.logging_config[0].log_group == "/aws/lambda/face-compare" && aws_cloudwatch_log_group.function.name == "/aws/lambda/face-compare"
    error_message = "The function must write to the module's own log group."
  }
}
