output "alarm_name" {
  description = "Name of the alarm on runs that failed; null without `alarms`."
  value       = one(aws_cloudwatch_metric_alarm.failed[*].alarm_name)
}

output "log_group_name" {
  description = "Name of the state machine's log group."
  value       = aws_cloudwatch_log_group.batch.name
}

output "manifest_prefix" {
  description = "Where in the bucket lists of pairs belong; other keys are refused."
  value       = var.face_compare.prefixes.manifests
}

output "redrive_command" {
  description = "A line for sh that takes up the run in $execution again where it failed: what succeeded is neither compared nor paid for again."
  value       = "aws stepfunctions redrive-execution --region ${local.region} --execution-arn \"$execution\""
}

output "results_prefix" {
  description = "Where the results of a run begin; its name follows."
  value       = local.results_prefix
}

output "role_arn" {
  description = "ARN of the state machine's role; name it in the key policy where that does not trust the account's IAM."
  value       = aws_iam_role.batch.arn
}

output "role_name" {
  description = "Name of the state machine's role."
  value       = aws_iam_role.batch.name
}

output "start_command" {
  description = "A line for sh that starts a run over the manifest pairs.csv and keeps its ARN in $execution."
  value = join(" ", [
    "execution=$(aws stepfunctions start-execution",
    "--region ${local.region}",
    "--state-machine-arn ${aws_sfn_state_machine.batch.arn}",
    "--input '${jsonencode({ manifest = "${var.face_compare.prefixes.manifests}pairs.csv" })}'",
    "--query executionArn --output text)",
  ])
}

output "starter_policy_json" {
  description = "Policy document with exactly what it takes to put a manifest, start a run, watch it, redrive it and read its results. Attach it to the operator's role."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "PutManifests"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${local.bucket_arn}/${var.face_compare.prefixes.manifests}*"
      },
      {
        Sid      = "StartRuns"
        Effect   = "Allow"
        Action   = ["states:ListExecutions", "states:StartExecution"]
        Resource = aws_sfn_state_machine.batch.arn
      },
      {
        Sid      = "WatchAndRedriveRuns"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:ListMapRuns", "states:RedriveExecution", "states:StopExecution"]
        Resource = "${local.executions_arn}:*"
      },
      {
        Sid      = "WatchBatches"
        Effect   = "Allow"
        Action   = "states:DescribeMapRun"
        Resource = "arn:${local.partition}:states:${local.region}:${local.account_id}:mapRun:${local.name}/*"
      },
      {
        Sid       = "ListResults"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = local.bucket_arn
        Condition = { StringLike = { "s3:prefix" = "${local.results_prefix}*" } }
      },
      {
        Sid      = "ReadResults"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${local.bucket_arn}/${local.results_prefix}*"
      },
      ], [
      for key_arn in [var.face_compare.kms_key_arn] : {
        Sid      = "UseBucketKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = key_arn
        Condition = {
          StringEquals = { "kms:ViaService" = "s3.${local.region}.${local.dns_suffix}" }
          StringLike   = { "kms:EncryptionContext:aws:s3:arn" = [local.bucket_arn, "${local.bucket_arn}/*"] }
        }
      } if key_arn != null
    ])
  })
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.batch.arn
}

output "watch_command" {
  description = "A line for sh that shows how far the run in $execution is: pairs pending, running, succeeded and failed."
  value = join(" ", [
    "aws stepfunctions describe-map-run --region ${local.region}",
    "--map-run-arn \"$(aws stepfunctions list-map-runs --region ${local.region} --execution-arn \"$execution\" --query 'mapRuns[0].mapRunArn' --output text)\"",
    "--query '{status: status, pairs: itemCounts}'",
  ])
}
