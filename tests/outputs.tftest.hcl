# What a consumer wires up.

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

run "outputs_name_what_was_made" {
  assert {
    condition     = output.bucket_name == "face-compare-111122223333-eu-west-1" && output.bucket_arn == "arn:aws:s3:::face-compare-111122223333-eu-west-1"
    error_message = "bucket_name and bucket_arn must be those of the bucket."
  }

  assert {
    condition     = output.function_name == "face-compare" && output.function_arn == aws_lambda_function.compare.arn
    error_message = "function_name and function_arn must be those of the function."
  }

  assert {
    condition     = output.role_name == "face-compare-eu-west-1" && output.role_arn == aws_iam_role.function.arn
    error_message = "role_name and role_arn must be those of the role."
  }

  assert {
    condition     = output.log_group_name == "/aws/lambda/face-compare" && output.log_group_arn == aws_cloudwatch_log_group.function.arn
    error_message = "log_group_name and log_group_arn must be those of the log group."
  }

  assert {
    condition     = output.prefixes == { challenge = "challenge/", manifests = "manifests/", reference = "reference/", results = "results/" }
    error_message = "prefixes must say where photos and results belong."
  }
}

run "the_policies_name_what_was_made" {
  assert {
    condition     = local.bucket_arn == "arn:aws:s3:::${aws_s3_bucket.image[0].bucket}" && local.log_group_arn == aws_cloudwatch_log_group.function.arn
    error_message = "The ARNs that the policies are written with must be those that AWS gives."
  }
}

run "the_rule_in_force_can_be_seen" {
  command = plan

  variables {
    comparison = { similarity_threshold = 99 }
  }

  assert {
    condition     = output.comparison.similarity_threshold == 99 && output.comparison.review_threshold == null && !output.comparison.require_single_face
    error_message = "A misspelt member of comparison is passed over by Terraform; the output must show the rule that is left."
  }
}

run "the_command_to_paste_works_in_sh" {
  command = plan

  variables {
    bucket = { prefixes = {
      challenge = "in/"
      reference = "people/known/"
    } }
  }

  assert {
    condition     = output.invoke_command == "printf '%s' '{\"source\":\"people/known/alice.jpg\",\"target\":\"in/alice-1.jpg\"}' | aws lambda invoke --region eu-west-1 --function-name face-compare --payload fileb:///dev/stdin answer.json && cat answer.json"
    error_message = "invoke_command must name region and function, send a payload below the two prefixes as it is, and show the answer."
  }
}
