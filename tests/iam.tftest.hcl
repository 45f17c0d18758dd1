# What the function may do, to the last action.

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

run "the_function_may_do_this_and_no_more" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Sid => toset(flatten([statement.Action]))
      } == {
      CompareFaces             = toset(["rekognition:CompareFaces", "rekognition:DetectFaces"])
      ReadPhotos               = toset(["s3:GetObject", "s3:GetObjectVersion"])
      TellMissingFromForbidden = toset(["s3:ListBucket"])
      WriteLogs                = toset(["logs:CreateLogStream", "logs:PutLogEvents"])
    }
    error_message = "The role's policy must hold these statements with these actions, no other."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Effect == "Allow" && !can(statement.NotAction) && !can(statement.NotResource)])
    error_message = "Statements must allow by name, never by exception."
  }
}

run "the_function_reads_photos_of_two_prefixes_of_one_bucket" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Sid => toset(flatten([statement.Resource]))
      } == {
      CompareFaces             = toset(["*"])
      ReadPhotos               = toset(["arn:aws:s3:::face-compare-111122223333-eu-west-1/reference/*", "arn:aws:s3:::face-compare-111122223333-eu-west-1/challenge/*"])
      TellMissingFromForbidden = toset(["arn:aws:s3:::face-compare-111122223333-eu-west-1"])
      WriteLogs                = toset(["arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/face-compare:*"])
    }
    error_message = "Every statement must name its resources; only Rekognition's takes \"*\", because its API knows no other form."
  }
}

run "the_function_reads_where_the_prefixes_say" {
  command = plan

  variables {
    bucket = { prefixes = {
      challenge = "in/"
      reference = "people/known/"
    } }
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Resource if statement.Sid == "ReadPhotos"
    ])) == toset(["arn:aws:s3:::face-compare-111122223333-eu-west-1/people/known/*", "arn:aws:s3:::face-compare-111122223333-eu-west-1/in/*"])
    error_message = "ReadPhotos must follow var.prefixes."
  }
}

run "a_destroyed_log_group_stays_gone" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_role_policy.function.policy, "CreateLogGroup")
    error_message = "The role must not be able to create the log group again."
  }
}

run "only_lambda_can_take_the_role" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role.function.assume_role_policy).Statement : [statement.Effect, statement.Action, statement.Principal]
    ] == [["Allow", "sts:AssumeRole", { Service = "lambda.amazonaws.com" }]]
    error_message = "The trust policy must name lambda.amazonaws.com and nobody else."
  }
}

run "the_role_keeps_to_the_organizations_rules" {
  command = plan

  variables {
    role = {
      path                     = "/service/faces/"
      permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary"
    }
  }

  assert {
    condition     = aws_iam_role.function.path == "/service/faces/" && aws_iam_role.function.permissions_boundary == "arn:aws:iam::111122223333:policy/boundary"
    error_message = "Path and permissions boundary must reach the role."
  }
}

run "arns_are_those_of_govcloud_in_govcloud" {
  command = plan

  override_data {
    target = data.aws_partition.current
    values = { dns_suffix = "amazonaws.com", partition = "aws-us-gov" }
  }

  override_data {
    target = data.aws_region.current
    values = { region = "us-gov-west-1" }
  }

  variables {
    kms_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function.policy, "arn:aws:") && !strcontains(aws_s3_bucket_policy.image[0].policy, "arn:aws:") && startswith(output.bucket_arn, "arn:aws-us-gov:s3:::")
    error_message = "No policy may hold an ARN of another partition: it would match nothing."
  }
}
