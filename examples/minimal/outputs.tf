output "bucket_name" {
  description = "Bucket for images, below reference/ and challenge/."
  value       = module.face_compare.bucket_name
}

output "function_name" {
  description = "Function to invoke."
  value       = module.face_compare.function_name
}

output "invoke_command" {
  description = "Shell command that compares two images and prints the answer."
  value       = module.face_compare.invoke_command
}

output "log_group_name" {
  description = "Log group with one record for each decision."
  value       = module.face_compare.log_group_name
}

output "settings" {
  description = "Settings in force: Terraform ignores misspelled attributes."
  value       = module.face_compare.settings
}
