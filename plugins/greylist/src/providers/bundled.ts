// The list that comes with the program; `mailops greylist providers update` writes a newer one beside the store.
import type {ProviderList} from './providers.js'

/** Domains whose SPF records are asked by `providers update`. */
export const PROVIDER_DOMAINS: readonly {readonly name: string; readonly domain: string}[] = [
  {name: 'google', domain: '_spf.google.com'},
  {name: 'microsoft', domain: 'spf.protection.outlook.com'},
  {name: 'yahoo', domain: '_spf.mail.yahoo.com'},
  {name: 'amazonses', domain: 'amazonses.com'},
  {name: 'sendgrid', domain: 'sendgrid.net'},
  {name: 'mailchimp', domain: 'servers.mcsv.net'},
  {name: 'mailgun', domain: 'mailgun.org'},
  {name: 'icloud', domain: 'icloud.com'},
  {name: 'proton', domain: '_spf.protonmail.ch'},
  {name: 'fastmail', domain: 'spf.messagingengine.com'},
  {name: 'zoho', domain: 'zoho.com'},
  {name: 'gmx', domain: 'gmx.net'},
  {name: 'salesforce', domain: '_spf.salesforce.com'},
]

/**
 * Only providers whose own pools cross networks when they retry. Gathered from published copies of their SPF records, not
 * looked up on one day: the date is the earliest of them, and makes `providers list` advise an update.
 */
export const BUNDLED: ProviderList = {
  date: '2025-01-15',
  providers: [
    {
      name: 'google',
      domain: '_spf.google.com',
      ranges: [
        '35.190.247.0/24', '64.233.160.0/19', '66.102.0.0/20', '66.249.80.0/20', '72.14.192.0/18', '74.125.0.0/16',
        '108.177.8.0/21', '173.194.0.0/16', '209.85.128.0/17', '216.58.192.0/19', '216.239.32.0/19',
        '172.217.0.0/19', '172.217.32.0/20', '172.217.128.0/19', '172.217.160.0/20', '172.217.192.0/19',
        '172.253.56.0/21', '172.253.112.0/20', '108.177.96.0/19', '35.191.0.0/16', '130.211.0.0/22',
        '2001:4860:4000::/36', '2404:6800:4000::/36', '2607:f8b0:4000::/36', '2800:3f0:4000::/36',
        '2a00:1450:4000::/36', '2c0f:fb50:4000::/36',
      ],
    },
    {
      name: 'microsoft',
      domain: 'spf.protection.outlook.com',
      ranges: ['40.92.0.0/15', '40.107.0.0/16', '52.100.0.0/15', '52.102.0.0/16', '52.103.0.0/17', '104.47.0.0/17', '2a01:111:f400::/48', '2a01:111:f403::/49', '2a01:111:f403:8000::/51', '2a01:111:f403:c000::/51', '2a01:111:f403:f000::/52'],
    },
    {
      name: 'amazonses',
      domain: 'amazonses.com',
      ranges: ['199.255.192.0/22', '199.127.232.0/22', '54.240.0.0/18', '69.169.224.0/20', '23.249.208.0/20', '23.251.224.0/19', '76.223.176.0/20', '54.240.64.0/18', '76.223.128.0/19', '216.221.160.0/19', '206.55.144.0/20', '24.110.64.0/18'],
    },
    {
      name: 'icloud',
      domain: 'icloud.com',
      ranges: ['17.41.0.0/16', '17.56.0.0/16', '17.57.0.0/16', '17.58.0.0/16', '17.142.0.0/15'],
    },
    {
      name: 'proton',
      domain: '_spf.protonmail.ch',
      ranges: ['185.70.40.0/24', '185.70.41.0/24', '185.70.43.0/24', '79.135.106.0/24', '79.135.107.0/24'],
    },
    {
      name: 'fastmail',
      domain: 'spf.messagingengine.com',
      ranges: ['103.168.172.128/27', '202.12.124.128/27'],
    },
  ],
}
