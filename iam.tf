locals {
  image_arns = [
    "${local.bucket_arn}/${var.bucket.prefixes.reference}*",
    "${local.bucket_arn}/${var.bucket.prefixes.challenge}*",
  ]
  results_arn = "${local.bucket_arn}/${var.bucket.prefixes.results}"

  # The key may be used through S3 only. The encryption context below is the ARN of the bucket if an object was written
  # with a bucket key, otherwise the ARN of the object.
  through_s3 = { "kms:ViaService" = "s3.${local.region}.${local.dns_suffix}" }

  # The action that a destination of failed events needs, by its kind.
  send_actions = {
    events = "events:PutEvents"
    lambda = "lambda:InvokeFunction"
    sns    = "sns:Publish"
    sqs    = "sqs:SendMessage"
  }
  send_action = try(local.send_actions[split(":", var.function.on_failure.destination_arn)[2]], null)

  # What the function may do, and when each statement is granted.
  function_statements = [
    {
      # IAM accepts only "*" here. ReadImages limits what can be compared, because Rekognition reads images with the
      # permissions of its caller.
      when     = true
      Sid      = "CompareFaces"
      Effect   = "Allow"
      Action   = ["rekognition:CompareFaces", "rekognition:DetectFaces"]
      Resource = "*"
    },
    {
      when     = true
      Sid      = "ReadImages"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:GetObjectVersion"]
      Resource = local.image_arns
    },
    {
      # Without it, S3 answers 403 for an image that does not exist. With a condition on s3:prefix it would do so too,
      # because HeadObject has no prefix.
      when     = true
      Sid      = "DistinguishMissingImages"
      Effect   = "Allow"
      Action   = "s3:ListBucket"
      Resource = local.bucket_arn
    },
    {
      # Without logs:CreateLogGroup: a late record would bring the group back after a destroy, without retention and
      # outside the state.
      when     = true
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${local.log_group_arn}:*"
    },
    {
      when     = local.has_customer_key
      Sid      = "DecryptImages"
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = var.kms_key_arn
      Condition = {
        StringEquals = local.through_s3
        StringLike   = { "kms:EncryptionContext:aws:s3:arn" = concat([local.bucket_arn], local.image_arns) }
      }
    },
    {
      # Lambda uses the function's role to send events that failed on every attempt.
      when     = var.function.on_failure != null
      Sid      = "SendFailedEvents"
      Effect   = "Allow"
      Action   = local.send_action
      Resource = try(var.function.on_failure.destination_arn, null)
    },
    {
      # Lambda uses the function's role to poll the queue.
      when     = local.has_uploads
      Sid      = "ReceiveUploads"
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      Resource = [local.uploads_arn]
    },
    {
      # Reading is for an image that is announced again: is it decided, is another invocation at work on it, and does it
      # wait for a reference? The endings are those of what the function writes, so that images which others put there
      # cannot be read.
      when   = local.has_uploads
      Sid    = "WriteResults"
      Effect = "Allow"
      Action = ["s3:GetObject", "s3:PutObject"]
      Resource = [
        for ending in [".json", ".json.claim", ".retry", ".waiting"] : "${local.results_arn}*${ending}"
      ]
    },
    {
      when     = local.has_uploads && local.has_customer_key
      Sid      = "DecryptUploads"
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = var.kms_key_arn
      Condition = {
        StringEquals = {
          "kms:EncryptionContext:aws:sqs:arn" = local.uploads_arn
          "kms:ViaService"                    = "sqs.${local.region}.${local.dns_suffix}"
        }
      }
    },
    {
      when     = local.has_uploads && local.has_customer_key
      Sid      = "EncryptResults"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = var.kms_key_arn
      Condition = {
        StringEquals = local.through_s3
        StringLike   = { "kms:EncryptionContext:aws:s3:arn" = [local.bucket_arn, "${local.results_arn}*"] }
      }
    },
  ]

  # What a caller may do: invoke the function directly, or only through the URL if there is one. For a call through the
  # URL, Lambda requires both actions.
  caller_statements = [
    {
      when     = !local.has_function_url
      Sid      = "Invoke"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = local.function_arn
    },
    {
      when      = local.has_function_url
      Sid       = "InvokeThroughUrl"
      Effect    = "Allow"
      Action    = "lambda:InvokeFunctionUrl"
      Resource  = local.function_arn
      Condition = { StringEquals = { "lambda:FunctionUrlAuthType" = "AWS_IAM" } }
    },
    {
      when      = local.has_function_url
      Sid       = "InvokeOnlyThroughUrl"
      Effect    = "Allow"
      Action    = "lambda:InvokeFunction"
      Resource  = local.function_arn
      Condition = { Bool = { "lambda:InvokedViaFunctionUrl" = "true" } }
    },
  ]

  # The policies: the statements that are granted, without the member that says when.
  policies = {
    for name, statements in { caller = local.caller_statements, function = local.function_statements } :
    name => jsonencode({
      Version = "2012-10-17"
      Statement = [
        for statement in statements : { for member, value in statement : member => value if member != "when" }
        if statement.when
      ]
    })
  }
}

resource "aws_iam_role" "function" {
  name                 = local.role_name
  description          = "Execution role of the Lambda function ${local.name} in ${local.region}."
  path                 = var.role.path
  permissions_boundary = var.role.permissions_boundary_arn
  tags                 = var.tags

  # Without conditions on aws:SourceAccount or aws:SourceArn. Lambda accepts only a role of the function's own account,
  # so they would keep nobody out. Some samples of AWS have them, but the developer guide does not promise that Lambda
  # sends these keys. If it did not, no function would start.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AssumedByLambda"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_role_policy" "function" {
  name   = "face-compare"
  role   = aws_iam_role.function.id
  policy = local.policies.function
}
