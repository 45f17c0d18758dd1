variable "name" {
  type        = string
  description = "Name of the function and prefix of all other names."
  default     = "face-compare"
  nullable    = false
}

variable "region" {
  type        = string
  description = "Region to deploy to. It must have Rekognition."
  default     = "eu-west-1"
  nullable    = false
}
