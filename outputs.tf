output "bucket_arn" {
  description = "ARN of the bucket that holds the photos: the module's own, or the existing one."
  value       = "arn:${local.partition}:s3:::${local.bucket_in_use}"
}

output "bucket_name" {
  description = "Name of the bucket that holds the photos: the module's own, or the existing one."
  value       = local.bucket_in_use
}

output "function_arn" {
  description = "ARN of the function, without a version; what an event source or a state machine invokes."
  value       = aws_lambda_function.compare.arn
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.compare.function_name
}

output "function_url" {
  description = "HTTPS address to POST events to, signed with SigV4 for the service `lambda`; null without `function_url`."
  value       = one(aws_lambda_function_url.compare[*].function_url)
}

output "invoke_command" {
  description = "A line for sh that compares two photos through the function and prints the answer; put your own keys in place of the two samples."
  value = join(" ", [
    "aws lambda invoke",
    "--region ${local.region}",
    "--function-name ${aws_lambda_function.compare.function_name}",
    "--cli-binary-format raw-in-base64-out",
    "--payload '${jsonencode({
      source = "${var.prefixes.reference}alice.jpg"
      target = "${var.prefixes.challenge}alice-1.jpg"
    })}'",
    "answer.json && cat answer.json",
  ])
}

output "invoker_policy_json" {
  description = "Policy document with exactly what a caller needs: through the function URL where there is one, else by lambda:InvokeFunction. Attach it to the caller's role."
  value       = var.function_url ? local.url_caller_policy : local.direct_caller_policy
}

output "log_group_arn" {
  description = "ARN of the function's log group, without \":*\"."
  value       = aws_cloudwatch_log_group.function.arn
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.function.name
}

output "prefixes" {
  description = "Where in the bucket reference photos, challenge photos and results belong; each ends in \"/\"."
  value       = var.prefixes
}

output "role_arn" {
  description = "ARN of the function's execution role; name it in the key policy of kms_key_arn where that does not trust the account's IAM."
  value       = aws_iam_role.function.arn
}

output "role_name" {
  description = "Name of the function's execution role."
  value       = aws_iam_role.function.name
}
