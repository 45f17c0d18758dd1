output "alarm_name" {
  description = "Name of the alarm on failed runs; null without alarm."
  value       = one(aws_cloudwatch_metric_alarm.failed_run[*].alarm_name)
}

output "log_group_name" {
  description = "Name of the state machine's log group."
  value       = aws_cloudwatch_log_group.batch.name
}

output "manifest_prefix" {
  description = "Prefix in the bucket for manifests (lists of pairs); other keys are refused."
  value       = var.face_compare.prefixes.manifests
}

output "redrive_command" {
  description = "Shell command that resumes the run in $execution: batches that succeeded are not compared again."
  value       = "aws stepfunctions redrive-execution --region ${local.region} --execution-arn \"$execution\""
}

output "results_prefix" {
  description = "Prefix in the bucket for results of runs; the name of the run follows."
  value       = local.results_prefix
}

output "role_arn" {
  description = "ARN of the role. Name it in a key policy that does not delegate to IAM."
  value       = aws_iam_role.batch.arn
}

output "role_name" {
  description = "Name of the state machine's role."
  value       = aws_iam_role.batch.name
}

output "start_command" {
  description = "Shell command that starts a run over the manifest pairs.csv and keeps its ARN in $execution."
  value = join(" ", [
    "execution=$(aws stepfunctions start-execution",
    "--region ${local.region}",
    "--state-machine-arn ${aws_sfn_state_machine.batch.arn}",
    "--input '${jsonencode({ manifest = "${var.face_compare.prefixes.manifests}pairs.csv" })}'",
    "--query executionArn --output text)",
  ])
}

output "starter_policy_json" {
  description = "Policy for the role of an operator: to put manifests, start, watch and redrive runs, read results."
  value       = local.policies.starter
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.batch.arn
}

output "watch_command" {
  description = "Shell command that shows how many pairs of the run in $execution are pending, succeeded or failed."
  value = join(" ", [
    "aws stepfunctions describe-map-run --region ${local.region}",
    "--map-run-arn \"$(aws stepfunctions list-map-runs --region ${local.region} --execution-arn \"$execution\"",
    "--query 'mapRuns[0].mapRunArn' --output text)\"",
    "--query '{status: status, pairs: itemCounts}'",
  ])
}
