variable "name" {
  type        = string
  description = "Name of the function and beginning of every other name."
  default     = "face-compare"
  nullable    = false
}

variable "region" {
  type        = string
  description = "Region to deploy to. It must have Rekognition."
  default     = "eu-west-1"
  nullable    = false
}
