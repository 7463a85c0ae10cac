// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// A market for NFTs: owners name it their operator and a price, and whoever pays the price gets the token.
contract NftMarket {
    struct Offer {
        address seller;
        uint256 price;
    }

    mapping(address collection => mapping(uint256 id => Offer)) public offers;

    event Offered(address indexed collection, uint256 indexed id, address indexed seller, uint256 price);
    event Sold(address indexed collection, uint256 indexed id, address indexed buyer, uint256 price);

    error OnlyOwner();
    error NotThePrice();

    function offer(IERC721 collection, uint256 id, uint256 price) external {
        require(collection.ownerOf(id) == msg.sender, OnlyOwner());
        offers[address(collection)][id] = Offer(msg.sender, price);
        emit Offered(address(collection), id, msg.sender, price);
    }

    function buy(IERC721 collection, uint256 id) external payable {
        Offer memory taken = offers[address(collection)][id];
        require(taken.seller != address(0) && msg.value == taken.price, NotThePrice());
        delete offers[address(collection)][id];
        collection.safeTransferFrom(taken.seller, msg.sender, id);
        Address.sendValue(payable(taken.seller), msg.value);
        emit Sold(address(collection), id, msg.sender, msg.value);
    }
}
