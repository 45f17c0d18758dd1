output "bucket_name" {
  description = "Bucket for images and manifests."
  value       = module.face_compare.bucket_name
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

output "redrive_command" {
  description = "Shell command that resumes a failed run."
  value       = module.batch.redrive_command
}

output "results_prefix" {
  description = "Folder of the bucket for results of runs; the name of the run follows."
  value       = module.batch.results_prefix
}

output "start_command" {
  description = "Shell command that starts a run over manifests/pairs.csv."
  value       = module.batch.start_command
}

output "state_machine_arn" {
  description = "State machine that runs over a manifest."
  value       = module.batch.state_machine_arn
}

output "watch_command" {
  description = "Shell command that shows how far a run is."
  value       = module.batch.watch_command
}
