resource "aws_iam_role" "function" {
  name                 = local.role_name
  description          = "Execution role of the Lambda function ${var.name} in ${local.region}."
  path                 = var.role.path
  permissions_boundary = var.role.permissions_boundary_arn
  tags                 = var.tags

  # No aws:SourceAccount or aws:SourceArn condition: Lambda takes a role of the function's own account
  # only, so that it would keep nobody out. Samples of AWS set such conditions, but the developer guide
  # does not promise that Lambda sends the keys, and without them no function would start.
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
  name = "face-compare"
  role = aws_iam_role.function.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # Neither action knows a resource; "*" is the only form IAM takes. What can be compared is
          # limited by ReadPhotos, since Rekognition reads with the caller's rights.
          Sid      = "CompareFaces"
          Effect   = "Allow"
          Action   = ["rekognition:CompareFaces", "rekognition:DetectFaces"]
          Resource = "*"
        },
        {
          Sid      = "ReadPhotos"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = local.photo_arns
        },
        {
          # Without it S3 answers 403 for a photo that does not exist. A condition on s3:prefix would
          # undo that: HeadObject carries no prefix.
          Sid      = "TellMissingFromForbidden"
          Effect   = "Allow"
          Action   = "s3:ListBucket"
          Resource = local.bucket_arn
        },
        {
          # No logs:CreateLogGroup: a late record would bring the group back after a destroy, without
          # retention and outside the state.
          Sid      = "WriteLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${local.log_group_arn}:*"
        },
      ],
      [
        for key_arn in [var.kms_key_arn] : {
          Sid      = "DecryptPhotos"
          Effect   = "Allow"
          Action   = "kms:Decrypt"
          Resource = key_arn
          Condition = {
            StringEquals = {
              "kms:ViaService" = "s3.${local.region}.${data.aws_partition.current.dns_suffix}"
            }
            # The bucket's ARN where the object was written with a bucket key, the object's where an
            # uploader or an existing bucket does without.
            StringLike = {
              "kms:EncryptionContext:aws:s3:arn" = concat([local.bucket_arn], local.photo_arns)
            }
          }
        } if key_arn != null
      ],
      var.on_upload == null ? [] : [
        {
          # What Lambda's poller does in the function's name.
          Sid      = "ReceiveUploads"
          Effect   = "Allow"
          Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
          Resource = [local.uploads_arn]
        },
        {
          # Reading is for the photo that is announced again: is it decided, and who is at it?
          Sid    = "WriteResults"
          Effect = "Allow"
          Action = ["s3:GetObject", "s3:PutObject"]
          # What the function writes there, and no photo that somebody else may put there.
          Resource = [for ending in ["json", "json.claim"] : "${local.bucket_arn}/${var.prefixes.results}*.${ending}"]
        },
      ],
      [
        for key_arn in [var.kms_key_arn] : {
          Sid      = "DecryptUploads"
          Effect   = "Allow"
          Action   = "kms:Decrypt"
          Resource = key_arn
          Condition = {
            StringEquals = {
              "kms:EncryptionContext:aws:sqs:arn" = local.uploads_arn
              "kms:ViaService"                    = "sqs.${local.region}.${data.aws_partition.current.dns_suffix}"
            }
          }
        } if key_arn != null && var.on_upload != null
      ],
      [
        for key_arn in [var.kms_key_arn] : {
          Sid      = "EncryptResults"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = key_arn
          Condition = {
            StringEquals = {
              "kms:ViaService" = "s3.${local.region}.${data.aws_partition.current.dns_suffix}"
            }
            StringLike = {
              "kms:EncryptionContext:aws:s3:arn" = [local.bucket_arn, "${local.bucket_arn}/${var.prefixes.results}*"]
            }
          }
        } if key_arn != null && var.on_upload != null
      ],
    )
  })
}

locals {
  direct_caller_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Invoke"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = aws_lambda_function.compare.arn
      },
    ]
  })

  # Lambda asks for both actions. The conditions keep the second from being a way past the URL.
  url_caller_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
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
    ]
  })
}
