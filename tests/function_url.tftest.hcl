# The function's HTTPS address, off unless asked for and never open to the unsigned.

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

run "there_is_no_address_unless_asked_for" {
  command = plan

  assert {
    condition     = length(aws_lambda_function_url.compare) == 0 && output.function_url == null
    error_message = "An address that nobody asked for is one more way in."
  }
}

run "without_an_address_a_caller_may_only_invoke" {
  assert {
    condition = jsonencode(jsondecode(output.invoker_policy_json).Statement) == jsonencode([{
      Sid      = "Invoke"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = aws_lambda_function.compare.arn
    }])
    error_message = "A direct caller needs lambda:InvokeFunction on this function and nothing else."
  }
}

run "the_address_answers_signed_requests_only" {
  command = plan

  variables {
    function_url = true
  }

  assert {
    condition     = one(aws_lambda_function_url.compare[*].authorization_type) == "AWS_IAM" && length(aws_lambda_function_url.compare[0].cors) == 0
    error_message = "With any other authorization whoever guesses the address may compare faces."
  }
}

run "an_address_that_lambda_cannot_give_is_refused_before_anything_is_made" {
  command = plan

  variables {
    function_url = true
  }

  override_data {
    target = data.aws_region.current
    values = { region = "il-central-1" }
  }

  expect_failures = [aws_lambda_function_url.compare]
}

run "without_an_address_such_a_region_is_not_refused" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { region = "il-central-1" }
  }

  assert {
    condition     = length(aws_lambda_function_url.compare) == 0 && output.bucket_name == "face-compare-111122223333-il-central-1"
    error_message = "Callers by lambda:InvokeFunction must not lose a region that has Rekognition."
  }
}

run "a_caller_through_the_address_gets_both_actions_and_no_way_past_it" {
  variables {
    function_url = true
  }

  assert {
    condition = jsonencode(jsondecode(output.invoker_policy_json).Statement) == jsonencode([
      {
        Sid       = "InvokeThroughUrl"
        Effect    = "Allow"
        Action    = "lambda:InvokeFunctionUrl"
        Resource  = aws_lambda_function.compare.arn
        Condition = { StringEquals = { "lambda:FunctionUrlAuthType" = "AWS_IAM" } }
      },
      {
        Sid       = "InvokeOnlyThroughUrl"
        Effect    = "Allow"
        Action    = "lambda:InvokeFunction"
        Resource  = aws_lambda_function.compare.arn
        Condition = { Bool = { "lambda:InvokedViaFunctionUrl" = "true" } }
      },
    ])
    error_message = "Lambda asks a caller of the address for both actions; each must name this function only."
  }
}
