resource "aws_iam_role" "batch" {
  name                 = local.role_name
  description          = "Role of the state machine ${local.name} in ${local.region}."
  path                 = var.role.path
  permissions_boundary = var.role.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AssumedByStepFunctions"
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Action    = "sts:AssumeRole"
        # Step Functions serves every account: without these, another's state machine could name this role.
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:*" }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "batch" {
  name = "batch"
  role = aws_iam_role.batch.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # A Distributed Map runs each batch as an execution of the same state machine.
          Sid      = "StartBatches"
          Effect   = "Allow"
          Action   = "states:StartExecution"
          Resource = local.machine_arn
        },
        {
          Sid      = "FollowAndStopBatches"
          Effect   = "Allow"
          Action   = ["states:DescribeExecution", "states:StopExecution"]
          Resource = ["${local.executions_arn}:*", "${local.executions_arn}/*"]
        },
        {
          # A redrive of the run redrives the batches that did not succeed, and no other.
          Sid      = "RedriveBatches"
          Effect   = "Allow"
          Action   = "states:RedriveExecution"
          Resource = "${local.executions_arn}/*"
        },
        {
          Sid      = "ComparePairs"
          Effect   = "Allow"
          Action   = "lambda:InvokeFunction"
          Resource = var.face_compare.function_arn
        },
        {
          Sid      = "ReadManifest"
          Effect   = "Allow"
          Action   = "s3:GetObject"
          Resource = "${local.bucket_arn}/${var.face_compare.prefixes.manifests}*"
        },
        {
          # ResultWriter uploads in parts, and reads what it wrote when a run is redriven.
          Sid      = "WriteResults"
          Effect   = "Allow"
          Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
          Resource = "${local.bucket_arn}/${local.results_prefix}*"
        },
        {
          # None of these actions knows a resource. They set up the delivery; that the log group takes
          # it is the account's policy on /aws/vendedlogs/.
          Sid    = "DeliverLogs"
          Effect = "Allow"
          Action = [
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
          ]
          Resource = "*"
        },
      ],
      [
        for key_arn in [var.face_compare.kms_key_arn] : {
          Sid      = "UseBucketKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = key_arn
          Condition = {
            StringEquals = { "kms:ViaService" = "s3.${local.region}.${local.dns_suffix}" }
            StringLike = {
              "kms:EncryptionContext:aws:s3:arn" = [
                local.bucket_arn,
                "${local.bucket_arn}/${var.face_compare.prefixes.manifests}*",
                "${local.bucket_arn}/${local.results_prefix}*",
              ]
            }
          }
        } if key_arn != null
      ],
    )
  })
}

# What the function needs for batches and for nothing else, in a policy of its own: the root module's
# stays as small as its other uses allow.
resource "aws_iam_role_policy" "function" {
  name = local.name
  role = var.face_compare.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # A batch that comes again finds what it had decided, and pays for the rest only.
          Sid      = "KeepUnfinishedBatches"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject"]
          Resource = "${local.bucket_arn}/${local.unfinished_prefix}*"
        },
      ],
      [
        for key_arn in [var.face_compare.kms_key_arn] : {
          Sid      = "EncryptUnfinishedBatches"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = key_arn
          Condition = {
            StringEquals = { "kms:ViaService" = "s3.${local.region}.${local.dns_suffix}" }
            StringLike = {
              "kms:EncryptionContext:aws:s3:arn" = [local.bucket_arn, "${local.bucket_arn}/${local.unfinished_prefix}*"]
            }
          }
        } if key_arn != null
      ],
    )
  })
}
