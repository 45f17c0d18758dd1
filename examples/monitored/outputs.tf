output "bucket_name" {
  description = "Bucket for images, below reference/ and challenge/."
  value       = module.face_compare.bucket_name
}

output "dashboard_name" {
  description = "Dashboard in CloudWatch."
  value       = module.face_compare.dashboard_name
}

output "failed_events_queue_url" {
  description = "Queue of events that were invoked asynchronously and failed."
  value       = aws_sqs_queue.failed_events.url
}

output "function_name" {
  description = "Function to invoke."
  value       = module.face_compare.function_name
}

output "kms_key_arn" {
  description = "Key that encrypts images, results, records and queues."
  value       = aws_kms_key.faces.arn
}

output "log_group_name" {
  description = "Log group with one record for each decision."
  value       = module.face_compare.log_group_name
}

output "topic_arn" {
  description = "Topic that hears of alarms."
  value       = aws_sns_topic.on_call.arn
}
