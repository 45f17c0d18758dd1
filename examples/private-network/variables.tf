variable "availability_zones" {
  type        = list(string)
  description = "Zones of the region that get a subnet each, by name: a list that AWS lengthens later would move subnets."
  default     = ["eu-west-1a", "eu-west-1b"]
  nullable    = false

  validation {
    condition     = length(var.availability_zones) >= 1 && length(var.availability_zones) <= 16 && alltrue([for zone in var.availability_zones : can(regex("^[a-z0-9-]+[0-9][a-z]$", zone))])
    error_message = "availability_zones must name one to sixteen zones of the region, such as \"eu-west-1a\"."
  }
}

variable "cidr_block" {
  type        = string
  description = "Addresses of the VPC, a /16 to /24. Each subnet gets a sixteenth of it."
  default     = "10.90.0.0/24"
  nullable    = false

  validation {
    condition     = can(cidrsubnet(var.cidr_block, 4, 1)) && try(tonumber(split("/", var.cidr_block)[1]) >= 16 && tonumber(split("/", var.cidr_block)[1]) <= 24, false)
    error_message = "cidr_block must be an IPv4 range from /16 to /24, such as 10.90.0.0/24."
  }
}

variable "name" {
  type        = string
  description = "Name of the function and beginning of every other name."
  default     = "face-compare"
  nullable    = false
}

variable "region" {
  type        = string
  description = "Region to deploy to; Rekognition must exist there."
  default     = "eu-west-1"
  nullable    = false
}
