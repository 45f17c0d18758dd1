output "bucket_name" {
  description = "Bucket for images, below reference/ and challenge/."
  value       = module.face_compare.bucket_name
}

output "caller_policy_arn" {
  description = "Policy for the roles of callers."
  value       = aws_iam_policy.caller.arn
}

output "function_name" {
  description = "Function behind the address."
  value       = module.face_compare.function_name
}

output "function_url" {
  description = "Address to POST events to."
  value       = module.face_compare.function_url
}

output "log_group_name" {
  description = "Log group with one record for each decision."
  value       = module.face_compare.log_group_name
}
