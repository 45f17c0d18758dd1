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

variable "rekognition_tps" {
  type        = number
  description = "The account's quota for CompareFaces in that region; null if it is the region's default."
  default     = null
  nullable    = true
}
