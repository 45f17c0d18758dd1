output "bucket_name" {
  description = "Bucket for images, below reference/SUBJECT/ and challenge/SUBJECT/."
  value       = module.face_compare.bucket_name
}

output "decided_queue_url" {
  description = "Queue with one event for each result."
  value       = aws_sqs_queue.decided.url
}

output "failed_uploads_queue_url" {
  description = "Dead-letter queue with uploads that could not be compared."
  value       = module.face_compare.failed_uploads_queue_url
}

output "function_name" {
  description = "Function that compares."
  value       = module.face_compare.function_name
}

output "log_group_name" {
  description = "Log group with one record for each decision."
  value       = module.face_compare.log_group_name
}

output "rate" {
  description = "What follows from Rekognition's quota."
  value       = module.face_compare.rate
}

output "retry_failed_uploads_command" {
  description = "Shell command that retries the uploads in the dead-letter queue."
  value       = module.face_compare.retry_failed_uploads_command
}

output "retry_waiting_uploads_command" {
  description = "Shell command that puts all waiting images back into the queue."
  value       = module.face_compare.retry_waiting_uploads_command
}

output "uploads_queue_url" {
  description = "Queue of uploads that are not compared yet."
  value       = module.face_compare.uploads_queue_url
}
