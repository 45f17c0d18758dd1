output "bucket_name" {
  description = "Bucket to put photos and manifests into."
  value       = module.face_compare.bucket_name
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

output "redrive_command" {
  description = "A line for sh that takes up a failed run again."
  value       = module.batch.redrive_command
}

output "results_prefix" {
  description = "Where in the bucket the results of a run begin; its name follows."
  value       = module.batch.results_prefix
}

output "start_command" {
  description = "A line for sh that starts a run over manifests/pairs.csv."
  value       = module.batch.start_command
}

output "state_machine_arn" {
  description = "State machine that runs over a manifest."
  value       = module.batch.state_machine_arn
}

output "watch_command" {
  description = "A line for sh that shows how far a run is."
  value       = module.batch.watch_command
}
