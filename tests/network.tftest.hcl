# The function in a VPC.

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

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads" }
  }
}

variables {
  name = "face-compare"
  network = {
    security_group_ids = ["sg-0123456789abcdef0"]
    subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  }
}

run "without_the_input_there_is_neither_network_nor_right" {
  command = plan

  variables {
    network = null
  }

  assert {
    condition     = length(aws_lambda_function.compare.vpc_config) == 0 && length(aws_iam_role_policy.network) == 0
    error_message = "A function outside a VPC must have no right to network interfaces."
  }
}

run "the_function_is_where_it_was_asked_to_be" {
  command = plan

  assert {
    condition     = aws_lambda_function.compare.vpc_config[0].subnet_ids == toset(var.network.subnet_ids) && aws_lambda_function.compare.vpc_config[0].security_group_ids == toset(var.network.security_group_ids)
    error_message = "Subnets and security groups must reach the function."
  }
}

run "lambda_may_place_the_function_and_its_code_may_not" {
  command = plan

  assert {
    condition = jsonencode({
      for statement in jsondecode(aws_iam_role_policy.network[0].policy).Statement : statement.Sid => [statement.Effect, sort(statement.Action), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      PlaceInNetwork      = ["Allow", ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"], ["arn:aws:ec2:eu-west-1:*:security-group/*", "arn:aws:ec2:eu-west-1:*:subnet/*", "arn:aws:ec2:eu-west-1:111122223333:*/*"]]
      SeeNetwork          = ["Allow", ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], ["*"]]
      KeepCodeFromNetwork = ["Deny", ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"], ["*"]]
    })
    error_message = "The role must have what Lambda needs to place the function, also in subnets that another account shares, and nothing else."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.network[0].policy).Statement : statement.Condition if statement.Effect == "Deny"
    ]) == { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare" } }
    error_message = "The denial must meet calls of this function's code, and those only: Lambda's own must pass."
  }
}

run "names_in_place_of_ids_are_refused" {
  command = plan

  variables {
    network = { security_group_ids = ["default"], subnet_ids = ["subnet-0123456789abcdef0"] }
  }

  expect_failures = [var.network]
}

run "swapped_lists_are_refused" {
  command = plan

  variables {
    network = { security_group_ids = ["subnet-0123456789abcdef0"], subnet_ids = ["sg-0123456789abcdef0"] }
  }

  expect_failures = [var.network]
}

run "a_network_without_subnets_is_refused" {
  command = plan

  variables {
    network = { security_group_ids = ["sg-0123456789abcdef0"], subnet_ids = [] }
  }

  expect_failures = [var.network]
}

run "a_network_without_security_groups_is_refused" {
  command = plan

  variables {
    network = { security_group_ids = [], subnet_ids = ["subnet-0123456789abcdef0"] }
  }

  expect_failures = [var.network]
}
