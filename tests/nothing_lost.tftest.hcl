# Changes that would delete bucket or log group with what they hold: each is refused, or changes nothing.
# tests/integration/test_nothing_lost.py does the same with images and records.

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
  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch" }
  }
  mock_resource "aws_sqs_queue" { defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:face-compare-mock" } }
}

variables { name = "face-compare" }

run "a_stack_in_use" {
  assert {
    condition = output.origin == {
      account_id  = "111122223333"
      dns_suffix  = "amazonaws.com"
      name        = "face-compare"
      owns_bucket = true
      partition   = "aws"
      region      = "eu-west-1"
    }
    error_message = "The stack must remember what it was made with."
  }
}

run "images_and_records_are_not_left_behind_in_another_region" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { region = "us-east-1" }
  }

  expect_failures = [terraform_data.origin]
}

run "images_and_records_do_not_follow_the_input_region" {
  command = plan

  variables { region = "us-east-1" }

  expect_failures = [terraform_data.origin]
}

run "a_stack_stays_where_it_is_if_only_the_provider_moves" {
  command = plan

  variables { region = "eu-west-1" }

  override_data {
    target = data.aws_region.current
    values = { region = "us-east-1" }
  }

  # A plan does not know the id of what it replaces.
  assert {
    condition = (
      output.bucket_name == "face-compare-111122223333-eu-west-1" && aws_s3_bucket.image[0].region == "eu-west-1" &&
      aws_s3_bucket.image[0].id != "" && aws_cloudwatch_log_group.function.id != ""
    )
    error_message = "With the input region, a provider of another region must not change anything."
  }
}

run "images_and_records_are_not_left_behind_in_another_account" {
  command = plan

  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "444455556666" }
  }

  expect_failures = [terraform_data.origin]
}

run "a_new_name_does_not_delete_bucket_and_log_group" {
  command = plan

  variables { name = "face-compare-2" }

  expect_failures = [terraform_data.origin]
}

run "an_existing_bucket_does_not_delete_the_modules_own" {
  command = plan

  variables { bucket = { existing = { name = "their-images" } } }

  expect_failures = [terraform_data.origin]
}

run "stacks_behind_depends_on" {
  module { source = "./tests/fixtures/depends_on" }

  variables { pending = "first" }

  assert {
    condition     = output.names[0] == "face-compare-111122223333-eu-west-1"
    error_message = "The first apply must make the stack although its data sources are read late."
  }
}

# As above, but something behind depends_on changes: every data source of the modules is then read during apply.
run "a_change_behind_depends_on_does_not_replace_anything" {
  command = plan

  module { source = "./tests/fixtures/depends_on" }

  variables { pending = "second" }

  # What is unknown fails the test, and so does an id, which a plan does not know of what it replaces.
  assert {
    condition = output.names == [
      "face-compare-111122223333-eu-west-1", "/aws/lambda/face-compare", "face-compare", "face-compare-eu-west-1",
      "their-images", "/aws/lambda/face-compare-existing", "face-compare-existing", "face-compare-existing-eu-west-1",
      "/aws/vendedlogs/states/face-compare-batch", "face-compare-batch-eu-west-1",
    ]
    error_message = "Bucket, log group, function, role and state machine must keep their names."
  }

  assert {
    condition = alltrue([
      for computed in output.computed : computed != ""
    ])
    error_message = "Nothing that holds something may be replaced."
  }
}
