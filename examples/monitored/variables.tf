variable "name" {
  type        = string
  description = "Name of the function and prefix of all other names."
  default     = "face-compare"
  nullable    = false
}

variable "on_call_email" {
  type        = string
  description = "Address that hears of alarms after it has confirmed the subscription; null subscribes nobody."
  default     = null
  nullable    = true
}

variable "region" {
  type        = string
  description = "Region to deploy to. It must have Rekognition."
  default     = "eu-west-1"
  nullable    = false
}

variable "saved_queries" {
  type        = bool
  description = "Whether CloudWatch Logs Insights gets the saved queries."
  default     = true
  nullable    = false
}

variable "uploads" {
  type        = bool
  description = "Whether images are compared when they are uploaded. Without it there are no queues."
  default     = true
  nullable    = false
}
