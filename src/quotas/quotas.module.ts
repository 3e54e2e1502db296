import { Module } from '@nestjs/common';
import { AddressLookups } from './address-lookups.js';
import { QuotaLedger } from './quota-ledger.js';
import { Quotas } from './quotas.js';

/** What one user may use within a day or an hour. */
@Module({
  providers: [AddressLookups, QuotaLedger, Quotas],
  exports: [AddressLookups, Quotas],
})
export class QuotasModule {}
