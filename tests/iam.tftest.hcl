# What the function and its callers may do, to the last action, and what a customer key covers.

mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111122223333" } }
  mock_data "aws_partition" { defaults = { dns_suffix = "amazonaws.com", partition = "aws" } }
  mock_data "aws_region" { defaults = { region = "eu-west-1" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111122223333:role/face-compare-eu-west-1" } }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare" }
  }
  mock_resource "aws_sqs_queue" { defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:face-compare-mock" } }
}

variables { name = "face-compare" }

run "the_function_may_do_this_and_no_more" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      statement.Sid => [toset(flatten([statement.Action])), toset(flatten([statement.Resource]))]
      } == {
      CompareFaces = [toset(["rekognition:CompareFaces", "rekognition:DetectFaces"]), toset(["*"])]
      ReadImages = [toset(["s3:GetObject", "s3:GetObjectVersion"]), toset([
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/reference/*",
        "arn:aws:s3:::face-compare-111122223333-eu-west-1/challenge/*",
      ])]
      DistinguishMissingImages = [
        toset(["s3:ListBucket"]), toset(["arn:aws:s3:::face-compare-111122223333-eu-west-1"]),
      ]
      WriteLogs = [toset(["logs:CreateLogStream", "logs:PutLogEvents"]), toset([
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/face-compare:*",
      ])]
    }
    # So without kms_key_arn no right to KMS, and never logs:CreateLogGroup: a destroyed log group stays gone.
    error_message = "The role must hold these statements and no other; only Rekognition takes \"*\" alone."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      statement.Effect == "Allow" && length(setintersection(keys(statement), ["NotAction", "NotResource", "when"])) == 0
    ])
    error_message = "Statements must allow by name, never by exception."
  }
}

run "only_lambda_can_take_the_role" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role.function.assume_role_policy).Statement :
      [statement.Effect, statement.Action, statement.Principal]
    ] == [["Allow", "sts:AssumeRole", { Service = "lambda.amazonaws.com" }]]
    error_message = "The trust policy must name lambda.amazonaws.com and nobody else."
  }
}

run "without_an_address_a_caller_may_only_invoke" {
  command = plan

  assert {
    condition = jsonencode(jsondecode(output.invoker_policy_json).Statement) == jsonencode([{
      Sid      = "Invoke"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
    }])
    error_message = "A direct caller needs lambda:InvokeFunction on this function and nothing else."
  }
}

run "the_address_answers_signed_requests_only" {
  command = plan

  variables { function_url = {} }

  assert {
    condition = (
      one(aws_lambda_function_url.compare[*].authorization_type) == "AWS_IAM" &&
      length(aws_lambda_function_url.compare[0].cors) == 0
    )
    error_message = "With any other authorization anyone who guesses the address may compare faces."
  }

  assert {
    condition = jsonencode(jsondecode(output.invoker_policy_json).Statement) == jsonencode([
      {
        Sid       = "InvokeThroughUrl"
        Effect    = "Allow"
        Action    = "lambda:InvokeFunctionUrl"
        Resource  = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
        Condition = { StringEquals = { "lambda:FunctionUrlAuthType" = "AWS_IAM" } }
      },
      {
        Sid       = "InvokeOnlyThroughUrl"
        Effect    = "Allow"
        Action    = "lambda:InvokeFunction"
        Resource  = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
        Condition = { Bool = { "lambda:InvokedViaFunctionUrl" = "true" } }
      },
    ])
    error_message = "A caller needs both actions, each on this function only, and must have no way past the address."
  }
}

run "pages_of_the_named_origins_may_call_the_address_and_nothing_else_changes" {
  command = plan

  variables {
    function_url = { cors = { allow_origins = ["https://www.example.com"], max_age_seconds = 600 } }
  }

  assert {
    condition = [
      for cors in aws_lambda_function_url.compare[0].cors :
      [cors.allow_origins, cors.allow_methods, cors.max_age, cors.expose_headers, cors.allow_credentials == true]
    ] == [[toset(["https://www.example.com"]), toset(["POST"]), 600, toset(["retry-after"]), false]]
    error_message = "A browser must be told of the origins, of POST and of Retry-After, and must not send cookies."
  }

  assert {
    condition = length(setsubtract(
      ["authorization", "content-type", "x-amz-date", "x-amz-security-token"],
      one(aws_lambda_function_url.compare[0].cors).allow_headers
    )) == 0
    error_message = "A browser must be allowed to send what a signed request needs."
  }

  assert {
    condition     = aws_lambda_function_url.compare[0].authorization_type == "AWS_IAM"
    error_message = "CORS must not open the address to requests without a signature."
  }
}

run "failed_events_may_be_sent_to_an_event_bus_and_nowhere_else" {
  command = plan

  variables {
    function = { on_failure = { destination_arn = "arn:aws:events:eu-west-1:111122223333:event-bus/failed" } }
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      [statement.Effect, statement.Action, statement.Resource] if statement.Sid == "SendFailedEvents"
    ] == [["Allow", "events:PutEvents", var.function.on_failure.destination_arn]]
    error_message = "The function must be allowed to send failed events to this event bus only."
  }

  assert {
    condition = [
      for config in aws_lambda_function_event_invoke_config.compare :
      config.destination_config[0].on_failure[0].destination
    ] == [var.function.on_failure.destination_arn]
    error_message = "Lambda must send what failed on every attempt to the event bus."
  }
}

run "failed_events_may_be_sent_to_a_function_and_nowhere_else" {
  command = plan

  variables {
    function = { on_failure = { destination_arn = "arn:aws:lambda:eu-west-1:111122223333:function:failed" } }
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      [statement.Action, statement.Resource] if statement.Sid == "SendFailedEvents"
    ] == [["lambda:InvokeFunction", var.function.on_failure.destination_arn]]
    error_message = "The function must be allowed to invoke this function only."
  }
}

run "failed_events_may_be_sent_to_a_queue_and_nowhere_else" {
  command = plan

  variables {
    function = { on_failure = { destination_arn = "arn:aws:sqs:eu-west-1:111122223333:failed" } }
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      [statement.Action, statement.Resource] if statement.Sid == "SendFailedEvents"
    ] == [["sqs:SendMessage", var.function.on_failure.destination_arn]]
    error_message = "The function must be allowed to send messages to this queue only."
  }
}

run "failed_events_may_be_sent_to_a_topic_and_nowhere_else" {
  command = plan

  variables {
    function = { on_failure = { destination_arn = "arn:aws:sns:eu-west-1:111122223333:failed" } }
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      [statement.Action, statement.Resource] if statement.Sid == "SendFailedEvents"
    ] == [["sns:Publish", var.function.on_failure.destination_arn]]
    error_message = "The function must be allowed to publish to this topic only."
  }
}

run "lambda_may_place_the_function_and_its_code_may_not" {
  command = plan

  variables {
    network = {
      security_group_ids = ["sg-0123456789abcdef0"]
      subnet_ids         = ["subnet-0123456789abcdef0"]
    }
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(aws_iam_role_policy.network[0].policy).Statement :
      statement.Sid => [statement.Effect, sort(statement.Action), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      PlaceInNetwork = ["Allow", [
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses",
        ], [
        "arn:aws:ec2:eu-west-1:*:security-group/*",
        "arn:aws:ec2:eu-west-1:*:subnet/*",
        "arn:aws:ec2:eu-west-1:111122223333:*/*",
      ]]
      SeeNetwork = ["Allow", ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], ["*"]]
      KeepCodeFromNetwork = ["Deny", [
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
      ], ["*"]]
    })
    error_message = "The role needs this to place the function, also in subnets that another account shares; no more."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.network[0].policy).Statement : statement.Condition
      if statement.Effect == "Deny"
      ]) == {
      ArnEquals = {
        "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare"
      }
    }
    error_message = "The denial must hit calls of this function's code and no other: Lambda's own must pass."
  }
}

run "the_function_decrypts_images_and_nothing_else" {
  command = plan

  variables { kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement
      if strcontains(jsonencode(statement), "kms:")
      ]) == jsonencode([{
        Sid      = "DecryptImages"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = var.kms_key_arn
        Condition = {
          StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" }
          StringLike = {
            "kms:EncryptionContext:aws:s3:arn" = [
              "arn:aws:s3:::face-compare-111122223333-eu-west-1",
              "arn:aws:s3:::face-compare-111122223333-eu-west-1/reference/*",
              "arn:aws:s3:::face-compare-111122223333-eu-west-1/challenge/*",
            ]
          }
        }
    }])
    error_message = "The role may decrypt only: with this key, through S3 of this region, images of this bucket."
  }
}

run "one_customer_key_covers_bucket_log_and_queues" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    on_upload   = {}
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_server_side_encryption_configuration.image[0].rule : [
        one(rule.apply_server_side_encryption_by_default).sse_algorithm,
        one(rule.apply_server_side_encryption_by_default).kms_master_key_id,
      ] if rule.bucket_key_enabled
    ] == [["aws:kms", var.kms_key_arn]]
    error_message = "The bucket must use SSE-KMS with the given key, and a bucket key: not a KMS call for each image."
  }

  assert {
    condition = toset([
      aws_cloudwatch_log_group.function.kms_key_id,
      aws_sqs_queue.failed_upload[0].kms_master_key_id,
      aws_sqs_queue.upload[0].kms_master_key_id,
    ]) == toset([var.kms_key_arn])
    error_message = "Log group and both queues must use the given key."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement :
      statement.Sid => [toset(flatten([statement.Action])), statement.Resource, statement.Condition]
      if contains(["DecryptUploads", "EncryptResults"], statement.Sid)
      } == {
      DecryptUploads = [toset(["kms:Decrypt"]), var.kms_key_arn, {
        StringEquals = {
          "kms:EncryptionContext:aws:sqs:arn" = "arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads"
          "kms:ViaService"                    = "sqs.eu-west-1.amazonaws.com"
        }
      }]
      EncryptResults = [toset(["kms:Decrypt", "kms:GenerateDataKey"]), var.kms_key_arn, {
        StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" }
        StringLike = {
          "kms:EncryptionContext:aws:s3:arn" = [
            "arn:aws:s3:::face-compare-111122223333-eu-west-1",
            "arn:aws:s3:::face-compare-111122223333-eu-west-1/results/*",
          ]
        }
      }]
    }
    error_message = "The key must serve this queue's messages and this bucket's results, each through its service only."
  }
}

run "a_key_in_another_region_is_refused_before_anything_is_made" {
  command = plan

  variables { kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }

  expect_failures = [aws_cloudwatch_log_group.function]
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
    on_upload   = {}
    tags        = { owner = "faces" }
  }

  assert {
    condition = alltrue([
      for policy in [
        aws_iam_role_policy.function.policy, aws_s3_bucket_policy.image[0].policy, aws_sqs_queue.upload[0].policy,
        output.invoker_policy_json,
      ] : !strcontains(policy, "arn:aws:")
    ]) && startswith(output.bucket_arn, "arn:aws-us-gov:s3:::")
    error_message = "No policy may hold an ARN of another partition: it would match nothing."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.upload[0].tags == null && length(aws_sqs_queue.upload[0].tags) == 1
    error_message = "Lambda in GovCloud has no tags of event sources, and would refuse the mapping."
  }
}
