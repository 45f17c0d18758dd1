output "bucket_name" {
  description = "Bucket to put photos into, below reference/ and challenge/."
  value       = module.face_compare.bucket_name
}

output "comparison" {
  description = "Rule by which photos are compared."
  value       = module.face_compare.comparison
}

output "function_name" {
  description = "Function to invoke."
  value       = module.face_compare.function_name
}

output "invoke_command" {
  description = "A line for sh that compares two photos and prints the answer."
  value       = module.face_compare.invoke_command
}

output "log_group_name" {
  description = "Log group with one record for every decision."
  value       = module.face_compare.log_group_name
}
