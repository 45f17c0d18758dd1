locals {
  # Through S3 only. The encryption context below is the ARN of the bucket if an object was written with a bucket key,
  # otherwise the ARN of the object.
  through_s3 = { "kms:ViaService" = "s3.${local.region}.${local.dns_suffix}" }

  # What each role may do, and when each statement is granted.
  statements = {
    # The state machine.
    batch = [
      {
        # A Distributed Map runs each batch as an execution of the same state machine.
        when     = true
        Sid      = "StartBatches"
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = local.machine_arn
      },
      {
        when     = true
        Sid      = "FollowAndStopBatches"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:StopExecution"]
        Resource = ["${local.executions_arn}:*", "${local.executions_arn}/*"]
      },
      {
        # A redrive of the run redrives the batches that did not succeed.
        when     = true
        Sid      = "RedriveBatches"
        Effect   = "Allow"
        Action   = "states:RedriveExecution"
        Resource = "${local.executions_arn}/*"
      },
      {
        when     = true
        Sid      = "ComparePairs"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = var.face_compare.function_arn
      },
      {
        when     = true
        Sid      = "ReadManifest"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${local.manifests_arn}*"
      },
      {
        # ResultWriter uploads in parts, and reads what it wrote when a run is redriven.
        when     = true
        Sid      = "WriteResults"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = "${local.results_arn}*"
      },
      {
        # None of these actions accepts a resource. They configure the delivery. The account's policy on
        # /aws/vendedlogs/ decides whether the log group accepts it.
        when   = true
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
      {
        when     = local.has_customer_key
        Sid      = "UseBucketKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.face_compare.kms_key_arn
        Condition = {
          StringEquals = local.through_s3
          StringLike = {
            "kms:EncryptionContext:aws:s3:arn" = [
              local.bucket_arn,
              "${local.manifests_arn}*",
              "${local.results_arn}*",
            ]
          }
        }
      },
    ]

    # The function, in addition to what the root module grants it.
    function = [
      {
        # The function looks at the first line before a run begins.
        when     = true
        Sid      = "CheckManifests"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${local.manifests_arn}*"
      },
      {
        when     = local.has_customer_key
        Sid      = "DecryptManifests"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = var.face_compare.kms_key_arn
        Condition = {
          StringEquals = local.through_s3
          StringLike   = { "kms:EncryptionContext:aws:s3:arn" = [local.bucket_arn, "${local.manifests_arn}*"] }
        }
      },
      {
        # The retry of a batch finds what is already decided, and pays only for the rest.
        when     = true
        Sid      = "KeepUnfinishedBatches"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${local.unfinished_arn}*"
      },
      {
        when     = local.has_customer_key
        Sid      = "EncryptUnfinishedBatches"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.face_compare.kms_key_arn
        Condition = {
          StringEquals = local.through_s3
          StringLike   = { "kms:EncryptionContext:aws:s3:arn" = [local.bucket_arn, "${local.unfinished_arn}*"] }
        }
      },
    ]

    # The operator who starts runs. The module does not attach this policy to anyone.
    starter = [
      {
        when     = true
        Sid      = "PutManifests"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${local.manifests_arn}*"
      },
      {
        when     = true
        Sid      = "StartRuns"
        Effect   = "Allow"
        Action   = ["states:ListExecutions", "states:StartExecution"]
        Resource = local.machine_arn
      },
      {
        when   = true
        Sid    = "WatchAndRedriveRuns"
        Effect = "Allow"
        Action = [
          "states:DescribeExecution",
          "states:ListMapRuns",
          "states:RedriveExecution",
          "states:StopExecution",
        ]
        Resource = "${local.executions_arn}:*"
      },
      {
        when     = true
        Sid      = "WatchBatches"
        Effect   = "Allow"
        Action   = "states:DescribeMapRun"
        Resource = "arn:${local.partition}:states:${local.region}:${local.account_id}:mapRun:${local.name}/*"
      },
      {
        when      = true
        Sid       = "ListResults"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = local.bucket_arn
        Condition = { StringLike = { "s3:prefix" = "${local.results_prefix}*" } }
      },
      {
        when     = true
        Sid      = "ReadResults"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${local.results_arn}*"
      },
      {
        when     = local.has_customer_key
        Sid      = "UseBucketKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.face_compare.kms_key_arn
        Condition = {
          StringEquals = local.through_s3
          StringLike   = { "kms:EncryptionContext:aws:s3:arn" = [local.bucket_arn, "${local.bucket_arn}/*"] }
        }
      },
    ]
  }

  # The policies: the statements that are granted, without the member that says when.
  policies = {
    for name, statements in local.statements : name => jsonencode({
      Version = "2012-10-17"
      Statement = [
        for statement in statements : { for member, value in statement : member => value if member != "when" }
        if statement.when
      ]
    })
  }
}

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
        # Step Functions serves all accounts. Without these conditions, a state machine of another account could name
        # this role.
        Condition = {
          ArnLike = {
            "aws:SourceArn" = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:*"
          }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "batch" {
  name   = "batch"
  role   = aws_iam_role.batch.id
  policy = local.policies.batch
}

# A policy of its own: without batches the function has only the permissions of the root module.
resource "aws_iam_role_policy" "function" {
  name   = local.name
  role   = var.face_compare.role_name
  policy = local.policies.function
}
