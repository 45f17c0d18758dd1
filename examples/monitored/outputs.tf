output "bucket_name" {
  description = "Bucket to put photos into, below reference/ and challenge/."
  value       = module.face_compare.bucket_name
}

output "dashboard_name" {
  description = "Dashboard in CloudWatch."
  value       = module.face_compare.dashboard_name
}

output "function_name" {
  description = "Function to invoke."
  value       = module.face_compare.function_name
}

output "kms_key_arn" {
  description = "Key that photos, results, records and queues are encrypted with."
  value       = aws_kms_key.faces.arn
}

output "log_group_name" {
  description = "Log group with one record for every decision."
  value       = module.face_compare.log_group_name
}

output "topic_arn" {
  description = "Topic that hears of alarms."
  value       = aws_sns_topic.on_call.arn
}
