output "bucket_name" {
  description = "Bucket to put photos into, below reference/SUBJECT/ and challenge/SUBJECT/."
  value       = module.face_compare.bucket_name
}

output "decided_queue_url" {
  description = "Queue with one event for every result."
  value       = aws_sqs_queue.decided.url
}

output "failed_uploads_command" {
  description = "A line for sh that has the uploads in the dead-letter queue compared again."
  value       = module.face_compare.failed_uploads_command
}

output "failed_uploads_queue_url" {
  description = "Dead-letter queue with the uploads that could not be compared."
  value       = module.face_compare.failed_uploads_queue_url
}

output "function_name" {
  description = "Function that compares."
  value       = module.face_compare.function_name
}

output "log_group_name" {
  description = "Log group with one record for every decision."
  value       = module.face_compare.log_group_name
}

output "rate" {
  description = "What follows from rekognition_tps."
  value       = module.face_compare.rate
}

output "uploads_queue_url" {
  description = "Queue of uploads that are not compared yet."
  value       = module.face_compare.uploads_queue_url
}
